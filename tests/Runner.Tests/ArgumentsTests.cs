using System.Reflection;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Fields;
using GpuMlp.Runner.Commands;
using GpuMlp.Runner.Verbs;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class ArgumentsTests
{
    [Theory]
    [InlineData("swep", "swep: unknown command; did you mean sweep?")]
    [InlineData("frobnicate", "frobnicate: unknown command; `gpumlp help` lists them.")]
    [InlineData("--hidden 4", "--hidden: a command comes first, as in `gpumlp sweep --hidden`.")]
    [InlineData("sweep --epoch 3", "--epoch: unknown flag of sweep; did you mean --epochs?")]
    [InlineData("sweep --sedes=3", "--sedes: unknown flag of sweep; did you mean --seeds?")]
    [InlineData("sweep --init 3", "--init: unknown flag of sweep; did you mean --init-std?")]
    [InlineData("sweep --frobnicate", "--frobnicate: unknown flag of sweep; `gpumlp sweep --help` lists them.")]
    [InlineData("sweep -e 3", "-e: unknown flag of sweep; `gpumlp sweep --help` lists them.")]
    [InlineData("devices --verbos", "--verbos: unknown flag of devices; did you mean --verbose?")]
    [InlineData("sweep --hidden", "--hidden: a value must follow, as in `--hidden 2..64*2`.")]
    [InlineData("sweep --hidden --seeds 0", "--hidden: a value must follow, as in `--hidden 2..64*2`.")]
    [InlineData("sweep --out=", "--out: a value must follow, as in `--out runs/mine`.")]
    [InlineData("sweep --quiet=yes", "--quiet: takes no value.")]
    [InlineData("sweep --epochs 5 --epochs 6", "--epochs: given more than once; join the values with commas.")]
    [InlineData("sweep --tasks 4v9 5v6", "5v6: belongs to no flag of sweep; values follow their flag, without spaces in a list.")]
    [InlineData("sweep tasks", "tasks: belongs to no flag of sweep; did you mean --tasks?")]
    [InlineData("sweep --epochs 1e3", "--epochs: '1e3' is not a whole number; write for example 2,4,8 or 0..9 or 2..64+2 or 2..64*2")]
    [InlineData("sweep --epochs 0", "--epochs: 0 is out of range; must be 1..1000000")]
    [InlineData("sweep --epochs 99999999999", "--epochs: 99999999999 is out of range; must be 1..1000000")]
    [InlineData("sweep --threads -1", "--threads: '-1' is not a whole number from 1 to 1024.")]
    [InlineData("sweep --batch fulll", "--batch: 'fulll' is not full or a whole number; write for example full,32")]
    [InlineData("sweep --init-std -0.1", "--init-std: -0.1 is out of range; must be 0..1E+30")]
    [InlineData("sweep --init-std NaN", "--init-std: 'NaN' is not a finite number; write for example 0.01,0.03 or 1e-4..1*10")]
    [InlineData("sweep --weight-decay 0,-1", "--weight-decay: -1 is out of range; must be 0..1E+30")]
    [InlineData("sweep --split even", "--split: 'even' is no split; must be balanced or whole")]
    [InlineData("sweep --label-noise 0,1.5", "--label-noise: 1.5 is out of range; must be 0..1")]
    [InlineData("sweep --label-noise some", "--label-noise: 'some' is not a finite number; write for example 0.01,0.03 or 1e-4..1*10")]
    [InlineData("sweep --train-images most", "--train-images: 'most' is not all or a whole number; write for example all,32")]
    [InlineData("sweep --train-images 0", "--train-images: 0 is out of range; must be 1..2147483647")]
    [InlineData("sweep --train-images 1", "--train-images: 1 of the 9476 training images of 0v1 leave a class without any; must be more.")]
    [InlineData("sweep --train-images all,10000", "--train-images: 0v1 has 9476 training images, not 10000; must be all or at most 9476.")]
    [InlineData(
        "sweep --class-weight 1:0",
        "--class-weight: '1:0' is no class weighting; must be none, balanced or a number 1E-06..1000000 a class as in 1:3")]
    [InlineData("sweep --class-weight 1:2:3", "--class-weight: 1:2:3 has 3 numbers; must be one for each class of every task")]
    [InlineData("sweep --dropout 0,0.95", "--dropout: 0.95 is out of range; must be 0..0.9")]
    [InlineData("sweep --patience -1", "--patience: -1 is out of range; must be 0..1000000")]
    [InlineData("sweep --patience 0,5", "--patience: 5 validations, of which there are none; --validate-every must be 1 or more")]
    [InlineData("sweep --saliency -1", "--saliency: '-1' is not a whole number from 0 to 65535.")]
    [InlineData("sweep --saliency-method gradiant", "--saliency-method: 'gradiant' is unknown; must be gradient or perturbation")]
    [InlineData("sweep --sparsity 0.5,1.5", "--sparsity: 1.5 is out of range; must be 0..1")]
    [InlineData("sweep --sparsity half", "--sparsity: 'half' is not a finite number; write for example 0.01,0.03 or 1e-4..1*10")]
    [InlineData("sweep --pruning layer,lairs", "--pruning: 'lairs' is no method; must be layer, global, w1, random or movement")]
    [InlineData("sweep --pruning w1,w1", "--pruning: w1 occurs twice; name every value once")]
    [InlineData("sweep --corruption bluer:1", "--corruption: 'bluer:1' is no corruption; must be gaussian, occlusion, salt-pepper, blur, "
        + "rotation, translation or contrast, each with a severity as in blur:1.5 or without")]
    [InlineData("sweep --corruption blur:11", "--corruption: blur:11 is out of range; must be 0..10 (standard deviation in pixels)")]
    [InlineData("sweep --corruption blur:1,blur:1", "--corruption: blur:1 occurs twice; name every value once")]
    [InlineData(
        "sweep --similarity gradients",
        "--similarity: 'gradients' is no saliency method; must be gradient, input-gradient, smoothgrad, integrated or perturbation")]
    [InlineData("sweep --similarity gradient,gradient", "--similarity: gradient occurs twice; name every value once")]
    [InlineData(
        "sweep --analyses prunning",
        "--analyses: 'prunning' is no analysis; must be pruning, embedding, robustness, similarity, finetuning, predictions or tickets")]
    [InlineData("sweep --analyses pruning,pruning", "--analyses: pruning occurs twice; name every value once")]
    [InlineData(
        "sweep --analyses pruning --corruption blur:1",
        "--corruption: belongs to robustness, which --analyses leaves out; must be without one of them")]
    [InlineData(
        "sweep --analyses finetuning", "--analyses: finetuning has nothing to do; must have --finetune-epochs as well, or be left out")]
    [InlineData(
        "sweep --preset quick --analyses embedding",
        "--analyses: embedding has nothing to do; must have --embedding as well, or be left out")]
    [InlineData(
        "sweep --train-only --sparsity 0.5", "--sparsity: belongs to pruning, which --train-only leaves out; must be without one of them")]
    [InlineData("sweep --train-only --analyses pruning", "--analyses: cannot be combined with --train-only; give one of them.")]
    [InlineData("sweep --train-only --saliency 24", "--saliency: cannot be combined with --train-only; give one of them.")]
    [InlineData("sweep --similarity-images 0", "--similarity-images: '0' is not a whole number from 1 to 4096.")]
    [InlineData("sweep --noise 11", "--noise: 11 is out of range; must be 0..10")]
    [InlineData("sweep --occlusion 2.5", "--occlusion: '2.5' is not a whole number; write for example 2,4,8 or 0..9 or 2..64+2 or 2..64*2")]
    [InlineData(
        "sweep --sparsity none --pruning w1",
        "--sparsity: no level for the pruning methods; levels such as 0.5,0.95 must be given")]
    [InlineData(
        "sweep --sparsity none --finetune-epochs 3",
        "--finetune-epochs: nothing is pruned, so there is nothing to fine-tune; levels and methods of pruning must be given")]
    [InlineData("sweep --rewind", "--rewind: no epochs to train after rewinding; epochs of fine-tuning must be given")]
    [InlineData("sweep --finetune-epochs -1", "--finetune-epochs: '-1' is not a whole number from 0 to 1000000.")]
    [InlineData("sweep --sparsity -0.1", "--sparsity: -0.1 is out of range; must be 0..1")]
    [InlineData("sweep --device metal", "--device: 'metal' is unknown; take auto, cpu, cuda, opencl, or one device such as cuda:0")]
    [InlineData("sweep --preset paper --spec a.json", "--spec: cannot be combined with --preset; give one of them.")]
    [InlineData("status", "status: RUN is missing, the folder of a run, as in `gpumlp status runs/mine`.")]
    [InlineData("merge nowhere", "nowhere: no plan.json here; it must be the folder of a run")]
    [InlineData("run a b", "b: belongs to no flag of run; values follow their flag, without spaces in a list.")]
    [InlineData("run r --max-requeues many", "--max-requeues: 'many' is not a whole number from 0.")]
    [InlineData("plan --shards 0", "--shards: '0' is not a whole number from 1 to 1000000.")]
    [InlineData("plan --unit-seconds -1", "--unit-seconds: '-1' is not a number above 0.")]
    [InlineData("plan --gflops NaN", "--gflops: 'NaN' is not a number above 0.")]
    public void A_wrong_command_line_gets_one_line_and_exit_code_2(string commandLine, string message)
    {
        (int exitCode, string stdout, string stderr) = Cli.Run(commandLine.Split(' '));

        Assert.Equal(ExitCodes.BadInput, exitCode);
        Assert.Equal("", stdout);
        Assert.Equal("gpumlp: " + message, Assert.Single(Cli.Told(stderr)));
    }

    [Fact]
    public void Verbose_adds_the_stack_trace()
    {
        (int exitCode, _, string stderr) = Cli.Run("sweep", "--epochs", "0", "--verbose");

        Assert.Equal(ExitCodes.BadInput, exitCode);
        Assert.StartsWith("gpumlp: --epochs:", stderr);
        Assert.Contains("   at GpuMlp.", stderr);
    }

    [Fact]
    public void Every_flag_of_every_command_arrives_with_its_value()
    {
        foreach (Verb verb in All.Verbs)
        {
            string[] run = [.. verb.RunWords.Select(word => $"a-{word}")];
            AssertArrive(
                verb,
                [.. run, .. verb.Flags.SelectMany(flag => flag.TakesValue ? new[] { flag.Name, flag.Example } : [flag.Name])]);
            AssertArrive(verb, [.. verb.Flags.Select(flag => flag.TakesValue ? $"{flag.Name}={flag.Example}" : flag.Name), .. run]);
            CommandOptions none = verb.Parse([verb.Name, .. run]);
            Assert.All(verb.Flags, flag => Assert.Null(ValueOf(none, flag.Name)));
        }
    }

    private static void AssertArrive(Verb verb, string[] words)
    {
        CommandOptions options = verb.Parse([verb.Name, .. words]);
        Assert.All(verb.Flags, flag => Assert.Equal(flag.Example, ValueOf(options, flag.Name)));
        Assert.Empty(options.Stray);
    }

    [Theory]
    [InlineData("cuda:99")]
    [InlineData("opencl:99")]
    public void A_device_that_is_absent_exits_70(string device)
    {
        (int exitCode, string stdout, string stderr) = Cli.Run("sweep", "--device", device);
        Assert.Equal((70, ""), (exitCode, stdout));
        Assert.StartsWith("gpumlp: --device: ", Assert.Single(Cli.Told(stderr)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("sweep", "swep", 1)]
    [InlineData("seeds", "sedes", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Distance_counts_edits(string a, string b, int expected)
    {
        Assert.Equal(expected, Suggestion.Distance(a, b));
        Assert.Equal(expected, Suggestion.Distance(b, a));
    }

    /// <summary>Empty for a switch that is there; null for a flag that is not.</summary>
    private static string? ValueOf(CommandOptions options, string flag) =>
        options.GetType().GetProperties()
            .FirstOrDefault(property => "--" + property.GetCustomAttribute<OptionAttribute>()?.LongName == flag) is not { } property
            ? options.Given.GetValueOrDefault(flag)
            : property.GetValue(options) switch
            {
                true => "",
                string text => text,
                _ => null,
            };
}
