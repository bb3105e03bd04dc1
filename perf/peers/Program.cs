using System.Globalization;
using GpuMlp.Engine;
using GpuMlp.Peers;

try
{
    if (args is ["optimisers"])
    {
        OptimiserPeers.Run(Console.Out);
        return ExitCodes.Done;
    }

    int threads = args.Length == 0 ? Environment.ProcessorCount : int.Parse(args[0], CultureInfo.InvariantCulture);
    PeersReport.Run(Console.Out, threads);
    return ExitCodes.Done;
}
catch (UserErrorException error)
{
    Console.Error.WriteLine($"peers: {error.Message}");
    return error.ExitCode;
}
