using System.Runtime.InteropServices;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Glyphs;
using GpuMlp.Runner.Pictures;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class GlyphAtlasTests
{
    [Fact]
    public void The_letters_in_the_repository_are_those_that_the_tool_draws_of_the_font()
    {
        using MemoryStream kept = new();
        using (Stream resource = GlyphAtlas.OpenResource())
            resource.CopyTo(kept);
        byte[] made = AtlasMaker.Make();
        Assert.Equal(made.Length, kept.Length);

        // What draws fonts has last bits of its own on other processors; that is why its work is kept.
        int most = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 0 : 34;
        Assert.DoesNotContain(made.Zip(kept.ToArray()), pair => Math.Abs(pair.First - pair.Second) > most);
    }

    [Theory]
    [InlineData("T-shirt/top", true)]
    [InlineData("\u00c4rmel, \u00e7a va, \u0141\u00f3d\u017a, \u0416\u0443\u043a, \u03b1\u03b2\u03b3", true)]
    [InlineData("Ti\u1ebfng Vi\u1ec7t \u2265 \u00b12 \u20ac \u2660", true)]
    [InlineData("\u304a", false)]
    [InlineData("\u30ad", false)]
    [InlineData("\u05d0\u05d1", false)]
    [InlineData("\u0645\u0631\u062d\u0628\u0627", false)]
    [InlineData("e\u0301", false)]
    [InlineData("\ud83d\ude00", false)]
    [InlineData("\ud83d", false)]
    [InlineData("a\u202eb", false)]
    [InlineData("", true)]
    public void A_text_is_written_when_all_of_its_characters_look_the_same_in_any_neighbourhood(string text, bool written) =>
        Assert.Equal(written, GlyphAtlas.Has(text));

    [Fact]
    public void Every_lettering_has_every_printable_character_of_ASCII_with_ink()
    {
        foreach (Lettering lettering in Enum.GetValues<Lettering>())
        {
            for (char character = '!'; character <= '~'; character++)
            {
                Glyph glyph = Assert.Single(GlyphAtlas.Of(lettering).Glyphs($"{character}"));
                Assert.Contains(glyph.Coverage, covered => covered > 100);
                Assert.InRange(glyph.Advance, 3 * GlyphAtlas.Parts, 24 * GlyphAtlas.Parts);
            }
        }
    }

    [Fact]
    public void A_class_whose_name_cannot_be_written_has_its_number_and_a_line_that_says_so()
    {
        ClassNames names = new(["\u304a", "boot", "\u30ad"]), written = PictureNames.Of(names);
        Assert.Equal(["0", "1 (boot)", "2"], new[] { 0, 1, 2 }.Select(written.Of));
        Assert.Equal("0 v 1 (boot)", new ClassTask(0, 1).In(written));
        Assert.Equal("0v2", new ClassTask(0, 2).In(written));
        Assert.Contains("The name of class 0 has characters", PictureNames.Note(names, [0, 1]));
        Assert.Contains("classes 0 and 2 have characters", PictureNames.Note(names, [2, 1, 0, 2]));
        Assert.Null(PictureNames.Note(names, [1]));
        Assert.Null(PictureNames.Note(ClassNames.None, [1]));
    }
}
