using GpuMlp.Engine.Devices;
using GpuMlp.Kernels.Devices;
using ILGPU.Runtime;

namespace GpuMlp.Engine.Tests.Devices;

public sealed class DeviceSelectionTests
{
    private static readonly DeviceInfo
        s_cpu = new(AcceleratorType.CPU, 0, "CPU", 1L << 33, 8, "", IsGpu: false, Skipped: null),
        s_cuda0 = new(AcceleratorType.Cuda, 0, "H100", 80L << 30, 132, "CUDA 12.2", IsGpu: true, Skipped: null),
        s_cuda1 = s_cuda0 with { Index = 1 },
        s_noCuda = new(AcceleratorType.Cuda, -1, "", 0, 0, "", IsGpu: true, "no CUDA driver (libcuda.so.1 is not installed)"),
        s_gpu = new(AcceleratorType.OpenCL, 1, "Arc", 16L << 30, 32, "Intel 1", IsGpu: true, Skipped: null),
        s_pocl = new(AcceleratorType.OpenCL, 0, "pthread", 8L << 30, 8, "PoCL 6", IsGpu: false, Skipped: null),
        s_oldPocl = s_pocl with { Index = -1, Skipped = "no generic address space (PoCL has it from version 4)" };

    [Fact]
    public void Auto_takes_all_cuda_devices_before_opencl_gpus_before_the_cpu()
    {
        Assert.Equal([s_cuda0, s_cuda1], Choose("auto", s_cuda0, s_cuda1, s_pocl, s_gpu, s_cpu).Devices);
        Assert.Equal([s_gpu], Choose("auto", s_noCuda, s_pocl, s_gpu, s_cpu).Devices);
        Assert.Equal([s_cpu], Choose("auto", s_noCuda, s_oldPocl, s_cpu).Devices);
        Assert.StartsWith("auto took ", Choose("auto", s_cpu).Note);
    }

    [Fact]
    public void A_cpu_that_opencl_offers_is_taken_only_when_asked_for()
    {
        Assert.Equal([s_cpu], Choose("auto", s_noCuda, s_pocl, s_cpu).Devices);
        Assert.Equal([s_pocl], Choose("opencl", s_noCuda, s_pocl, s_cpu).Devices);
        Assert.Null(Choose("opencl", s_pocl, s_cpu).Note);
    }

    [Fact]
    public void A_kind_means_all_its_devices_and_a_number_one()
    {
        Assert.Equal([s_cuda0, s_cuda1], Choose("cuda", s_cuda0, s_cuda1, s_cpu).Devices);
        Assert.Equal([s_cuda1], Choose("cuda:1", s_cuda0, s_cuda1, s_cpu).Devices);
        Assert.Equal([s_pocl, s_gpu], Choose("opencl", s_pocl, s_gpu, s_cpu).Devices);
        Assert.Equal("cuda:0 H100, cuda:1 H100", Choose("cuda", s_cuda0, s_cuda1, s_cpu).Name);
    }

    [Theory]
    [InlineData("cuda", "--device: no cuda on this machine (no CUDA driver (libcuda.so.1 is not installed)); there is cpu")]
    [InlineData(
        "opencl",
        "--device: no opencl on this machine (pthread: no generic address space (PoCL has it from version 4)); there is cpu")]
    public void What_is_absent_is_told_with_the_reason_and_with_what_there_is(string device, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => Choose(device, s_noCuda, s_oldPocl, s_cpu));
        Assert.Equal((ExitCodes.DeviceAbsent, message), (error.ExitCode, error.Message));
    }

    [Fact]
    public void A_number_beyond_the_last_device_is_told_with_the_devices_there_are()
    {
        var error = Assert.Throws<UserErrorException>(() => Choose("cuda:2", s_cuda0, s_cuda1, s_pocl, s_cpu));
        Assert.Equal(ExitCodes.DeviceAbsent, error.ExitCode);
        Assert.Equal("--device: no cuda:2 on this machine; there are cuda:0 (H100), cuda:1 (H100), opencl:0 (pthread), cpu", error.Message);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cpu:0")]
    [InlineData("auto:1")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:0:1")]
    [InlineData("CUDA")]
    [InlineData("opencl:99999999999")]
    public void What_names_no_device_is_refused_with_what_would(string text)
    {
        var error = Assert.Throws<UserErrorException>(() => DeviceRequest.Parse("--device", text));
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.StartsWith($"--device: '{text}' is unknown; take auto, cpu, cuda", error.Message);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("cpu")]
    [InlineData("cuda")]
    [InlineData("opencl:11")]
    public void A_request_is_printed_as_it_is_typed(string text) => Assert.Equal(text, DeviceRequest.Parse("--device", text).ToString());

    [Fact]
    public void This_machine_lists_its_cpu_and_a_line_for_each_kind_without_a_crash()
    {
        IReadOnlyList<DeviceInfo> list = DeviceList.Find();
        Assert.Equal("cpu", Assert.Single(list, device => device.Kind == AcceleratorType.CPU).Id);
        Assert.Contains(list, device => device.Kind == AcceleratorType.Cuda);
        Assert.Contains(list, device => device.Kind == AcceleratorType.OpenCL);
        Assert.All(list, device => Assert.True(device.IsUsable || device.Skipped!.Length > 0));
        Assert.All(list.Where(device => device.IsUsable), device => Assert.True(device.MemoryBytes > 0 && device.Units > 0));
    }

    private static DeviceSelection Choose(string device, params DeviceInfo[] list) =>
        DeviceSelection.Choose("--device", DeviceRequest.Parse("--device", device), list, threads: 2);
}
