using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU.Runtime;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// The kind of device that the <see cref="DeviceFactAttribute"/> and <see cref="DeviceTheoryAttribute"/> cases of a class run on.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnDeviceAttribute(AcceleratorType kind) : Attribute
{
    public AcceleratorType Kind => kind;
}

/// <summary>
/// A fact for a kind of device. Where there is none it is no case: <see cref="DeviceTests"/> has one line for all of them.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(typeof(DeviceFactDiscoverer))]
public sealed class DeviceFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
    : FactAttribute(sourceFilePath, sourceLineNumber);

/// <summary>As <see cref="DeviceFactAttribute"/>, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(typeof(DeviceTheoryDiscoverer))]
public sealed class DeviceTheoryAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
    : TheoryAttribute(sourceFilePath, sourceLineNumber);

public sealed class DeviceFactDiscoverer : FactDiscoverer
{
    public override ValueTask<IReadOnlyCollection<IXunitTestCase>> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, IFactAttribute factAttribute) =>
        DeviceCases.AreRun(testMethod) ? base.Discover(discoveryOptions, testMethod, factAttribute) : new([]);
}

public sealed class DeviceTheoryDiscoverer : TheoryDiscoverer
{
    public override ValueTask<IReadOnlyCollection<IXunitTestCase>> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, IFactAttribute factAttribute) =>
        DeviceCases.AreRun(testMethod) ? base.Discover(discoveryOptions, testMethod, factAttribute) : new([]);
}

internal static class DeviceCases
{
    public static bool AreRun(IXunitTestMethod method) => TestDevices.IsThereOrNeeded(KindOf(method.TestClass.Class)!.Value);

    /// <summary>How many cases there are for a kind of device, whether or not it is here.</summary>
    public static async Task<int> Count(AcceleratorType kind)
    {
        int count = 0;
        await using DisposalTracker disposal = new();
        foreach (MethodInfo method in typeof(DeviceCases).Assembly.GetTypes().Where(type => KindOf(type) == kind)
            .SelectMany(type => type.GetMethods()))
        {
            count += method.IsDefined(typeof(DeviceFactAttribute)) ? 1 : 0;
            if (!method.IsDefined(typeof(DeviceTheoryAttribute)))
                continue;
            foreach (IDataAttribute data in ExtensibilityPointFactory.GetMethodDataAttributes(method))
                count += (await data.GetData(method, disposal)).Count;
        }
        return count;
    }

    private static AcceleratorType? KindOf(Type type) => type.GetCustomAttribute<OnDeviceAttribute>()?.Kind;
}

public sealed class DeviceTests
{
    [Theory]
    [InlineData(AcceleratorType.OpenCL)]
    [InlineData(AcceleratorType.Cuda)]
    public async Task All_cases_for_a_kind_of_device_run_where_there_is_one(AcceleratorType kind)
    {
        int cases = await DeviceCases.Count(kind);
        Assert.True(cases > 0, "no case was found");
        TestDevices.Require(kind, $"{cases} cases left out");
    }
}
