using System.Text;

namespace GpuMlp.Engine.Fields;

/// <summary>Ascending numbers as people and <c>sbatch --array</c> write them: <c>3,7-9</c>.</summary>
public static class NumberRanges
{
    /// <param name="numbers">Ascending, each once.</param>
    public static string Of(IEnumerable<int> numbers) => string.Join(',', Ranges(numbers).Select(Text));

    /// <summary>The same, cut after so many characters: <c>3,7-9,... (120 in all)</c>.</summary>
    public static string Cut(IReadOnlyCollection<int> numbers, int longest)
    {
        StringBuilder text = new();
        foreach ((int, int) range in Ranges(numbers))
        {
            if (text.Length > longest)
            {
                return text.Append($",... ({numbers.Count} in all)").ToString();
            }

            text.Append(text.Length > 0 ? "," : "").Append(Text(range));
        }

        return text.ToString();
    }

    /// <summary>Runs of consecutive numbers, both ends included.</summary>
    public static IEnumerable<(int First, int Last)> Ranges(IEnumerable<int> numbers)
    {
        (int First, int Last)? open = null;
        foreach (int number in numbers)
        {
            if (open is { } range && number == range.Last + 1)
            {
                open = (range.First, number);
                continue;
            }

            if (open is { } done)
            {
                yield return done;
            }

            open = (number, number);
        }

        if (open is { } last)
        {
            yield return last;
        }
    }

    private static string Text((int First, int Last) range) => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}";
}
