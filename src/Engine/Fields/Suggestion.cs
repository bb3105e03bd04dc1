namespace GpuMlp.Engine.Fields;

/// <summary>What somebody probably meant.</summary>
public static class Suggestion
{
    /// <summary><c>did you mean --epochs?</c>, or null when nothing is near.</summary>
    /// <param name="typed">The unknown word, dashes included.</param>
    public static string? For(string typed, IEnumerable<string> known)
    {
        string word = typed.ToLowerInvariant();
        (string? name, int distance) = known
            .Select(name => (Name: name, Distance: Distance(word, name)))
            .OrderBy(pair => pair.Distance)
            .FirstOrDefault();
        if (name is null)
        {
            return null;
        }

        // One slip in three letters is a typing error; more is another word.
        int letters = word.TrimStart('-').Length;
        if (distance <= Math.Max(1, letters / 3))
        {
            return $"did you mean {name}?";
        }

        return letters >= 3 && known.FirstOrDefault(k => k.StartsWith(word, StringComparison.Ordinal)) is { } longer
            ? $"did you mean {longer}?"
            : null;
    }

    /// <summary>Edit distance: insertions, deletions, replacements, and swaps of neighbours count one each.</summary>
    public static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                int replace = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replace, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], 1 + cost[i - 2, j - 2]);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
