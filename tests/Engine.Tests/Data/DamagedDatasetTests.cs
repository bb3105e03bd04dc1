using CsCheck;
using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Tests.Data;

/// <summary>Whatever happens to the files of a data set, loading it gives a consistent data set or an error for the user.</summary>
[Trait("Size", "large")]
public sealed class DamagedDatasetTests
{
    // A few seconds on two cores; the default of 100 would not reach every byte of the header in every form.
    private const int Runs = 2000;

    private static readonly Gen<bool> s_gzip = Gen.Bool, s_damageImages = Gen.Bool;

    [Fact]
    public void Flipped_bits_give_a_sound_data_set_or_a_user_error() =>
        Gen.Select(s_gzip, s_damageImages, Gen.Int[0, 1 << 20].Array[1, 4]).Sample((gzip, damageImages, bits) =>
        {
            LoadDamaged(gzip, damageImages, bytes =>
            {
                foreach (int bit in bits)
                    bytes[bit / 8 % bytes.Length] ^= (byte)(1 << (bit % 8));
                return bytes;
            });
        }, iter: Runs);

    [Fact]
    public void Truncation_anywhere_is_a_user_error() =>
        Gen.Select(s_gzip, s_damageImages, Gen.Int[0, 1 << 20]).Sample((gzip, damageImages, cut) =>
            Assert.False(LoadDamaged(gzip, damageImages, bytes => bytes[..(cut % bytes.Length)])), iter: Runs);

    [Fact]
    public void Appended_bytes_are_a_user_error() =>
        Gen.Select(s_gzip, s_damageImages, Gen.Byte.Array[0, 40], Gen.Byte[1, 255]).Sample((gzip, damageImages, more, last) =>
            Assert.False(LoadDamaged(gzip, damageImages, bytes => [.. bytes, .. more, last])), iter: Runs);

    [Fact]
    public void Random_bytes_after_the_magic_give_a_sound_data_set_or_a_user_error() =>
        Gen.Select(s_gzip, s_damageImages, Gen.Byte.Array[0, 60]).Sample((gzip, damageImages, noise) =>
        {
            LoadDamaged(gzip, damageImages, bytes => [.. bytes[..(gzip ? 3 : 4)], .. noise]);
        }, iter: Runs);

    [Fact]
    public void A_second_gzip_member_with_more_images_than_the_header_says_is_a_user_error() =>
        Assert.False(LoadDamaged(gzip: true, damageImages: true, bytes => [.. bytes, .. bytes]));

    /// <summary>True for a data set, false for a user error; anything else fails.</summary>
    private static bool LoadDamaged(bool gzip, bool damageImages, Func<byte[], byte[]> damage)
    {
        byte[] images = IdxFolder.Images(9, 4, 5), labels = IdxFolder.Labels(0, 1, 2, 0, 1, 2, 2, 2, 1);
        if (gzip)
            (images, labels) = (IdxFolder.Gzip(images), IdxFolder.Gzip(labels));
        using var folder = new IdxFolder();
        folder.Write(IdxFolder.TrainImages, damageImages ? damage(images) : images);
        folder.Write(IdxFolder.TrainLabels, damageImages ? labels : damage(labels));
        try
        {
            Dataset data = DatasetLoader.Load(folder.Directory);
            Assert.Equal(data.Images * data.Inputs, data.Pixels.Length);
            Assert.InRange(data.Rows, 1, 256);
            Assert.InRange(data.Columns, 1, 256);
            Assert.InRange(data.Classes, 2, 256);
            Assert.Equal(data.Classes - 1, data.Labels.Max());
            return true;
        }
        catch (UserErrorException fault)
        {
            IdxFolder.AssertUserError(fault);
            return false;
        }
    }
}
