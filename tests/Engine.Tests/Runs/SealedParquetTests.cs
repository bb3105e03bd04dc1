using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;

namespace GpuMlp.Engine.Tests.Runs;

public sealed class SealedParquetTests
{
    private static readonly Plan s_plan = SampleRun.Plan;

    [Fact]
    public void A_unit_as_it_was_written_has_no_problem_whichever_way_one_looks()
    {
        using TemporaryFolder folder = new();
        foreach (WorkUnit unit in s_plan.Units)
        {
            string file = Written(folder, unit);
            Assert.Null(UnitFile.Problem(file, s_plan.Hash, unit));
            Assert.Null(UnitFile.Problem(file, s_plan.Hash, unit, endOnly: true));
        }
    }

    [Fact]
    public void Any_flipped_bit_is_found()
    {
        using TemporaryFolder folder = new();
        string file = Written(folder, s_plan.Units[0]);
        byte[] whole = File.ReadAllBytes(file);
        for (int at = 0; at < whole.Length; at += at < whole.Length - 700 ? 97 : 1)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(file, flipped);
            Assert.True(UnitFile.Problem(file, s_plan.Hash, s_plan.Units[0]) is not null, $"byte {at} of {whole.Length}");
        }
    }

    [Fact]
    public void A_file_cut_or_grown_anywhere_is_found_by_its_end()
    {
        using TemporaryFolder folder = new();
        string file = Written(folder, s_plan.Units[0]);
        byte[] whole = File.ReadAllBytes(file);
        for (int length = 0; length < whole.Length; length += 31)
        {
            File.WriteAllBytes(file, whole[..length]);
            Assert.NotNull(UnitFile.Problem(file, s_plan.Hash, s_plan.Units[0], endOnly: true));
        }

        File.WriteAllBytes(file, [.. whole, 0]);
        Assert.NotNull(UnitFile.Problem(file, s_plan.Hash, s_plan.Units[0], endOnly: true));
    }

    [Fact]
    public void Foreign_files_are_told_apart()
    {
        using TemporaryFolder folder = new();
        string file = Written(folder, s_plan.Units[1]);
        Assert.Equal("another unit", UnitFile.Problem(file, s_plan.Hash, s_plan.Units[0]));
        Assert.Equal("made by another plan", UnitFile.Problem(file, SampleRun.SlicedPlan.Hash, s_plan.Units[1]));
        Assert.Equal("gone or torn", UnitFile.Problem(folder.File("nothing"), s_plan.Hash, s_plan.Units[0]));
        File.WriteAllText(file, "these words are no unit at all");
        Assert.Equal("torn or not Parquet", UnitFile.Problem(file, s_plan.Hash, s_plan.Units[1]));
    }

    [Fact]
    public void A_file_without_a_place_for_the_checksum_is_not_sealed()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("f");
        File.WriteAllBytes(file, [.. "PAR1"u8, .. new byte[100], 4, 0, 0, 0, .. "PAR1"u8]);
        Assert.Throws<InvalidDataException>(() => SealedParquet.Seal(file));
    }

    private static string Written(TemporaryFolder folder, WorkUnit unit)
    {
        string file = folder.File($"unit-{unit.Id}");
        UnitFile.Write(file, SampleRun.ResultOf(s_plan, unit), s_plan.Hash);
        return file;
    }
}
