using System.Text;
using GpuMlp.Engine;
using GpuMlp.Engine.Fields;

namespace GpuMlp.Runner.Verbs;

/// <summary>
/// Scripts for shells, from the list of commands and their flags. What a value may be is told by how help writes it: alternatives as
/// <c>auto|cpu</c>, a <c>DIR</c>, a <c>FILE</c>, a <c>RUN</c>.
/// </summary>
internal static class CompletionScripts
{
    private enum Kind
    {
        Any,
        Folder,
        File,
        Words,
    }

    public static string Bash(IReadOnlyList<Verb> verbs)
    {
        StringBuilder cases = new(), values = new();
        foreach (Verb verb in verbs)
        {
            string words = string.Join(' ', verb.RunWords.SelectMany(WordsOf));
            bool takesFolder = verb.RunWords.Any(word => KindOf(word) == Kind.Folder);
            cases.Append($"    {verb.Name}) words=\"{words}\" folders={(takesFolder ? 1 : 0)} flags=\"{Flags(verb)}\" ;;\n");
            foreach (IGrouping<string, Flag> same in verb.Flags.Where(flag => flag.TakesValue).GroupBy(flag => BashValues(flag.Value)))
                values.Append($"    {string.Join('|', same.Select(flag => $"{verb.Name}/{flag.Name}"))}) {same.Key} ;;\n");
        }

        // "=" is a word of its own there.
        return $$"""
            # gpumlp: completion for bash. source <(gpumlp completion bash)
            _gpumlp() {
              local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}
              local words="" flags="" folders=0
              COMPREPLY=()
              if [ "$COMP_CWORD" -eq 1 ]; then
                mapfile -t COMPREPLY < <(compgen -W "{{string.Join(' ', verbs.Select(verb => verb.Name))}} help --help --version" -- "$cur")
                return
              fi
              if [ "$cur" = "=" ]; then cur=""; elif [ "$prev" = "=" ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
              case $verb in
                help) mapfile -t COMPREPLY < <(compgen -W "{{string.Join(' ', verbs.Select(verb => verb.Name))}}" -- "$cur"); return ;;
            {{cases.ToString().TrimEnd('\n')}}
                *) return ;;
              esac
              case $verb/$prev in
            {{values.ToString().TrimEnd('\n')}}
              esac
              case $cur in
                -*) mapfile -t COMPREPLY < <(compgen -W "$flags --help" -- "$cur") ;;
                *)
                  if [ "$folders" -eq 1 ]; then
                    compopt -o filenames 2>/dev/null
                    mapfile -t COMPREPLY < <(compgen -d -- "$cur")
                  else
                    mapfile -t COMPREPLY < <(compgen -W "$words $flags" -- "$cur")
                  fi ;;
              esac
            }
            complete -F _gpumlp gpumlp

            """.ReplaceLineEndings("\n");
    }

    public static string Zsh(IReadOnlyList<Verb> verbs)
    {
        StringBuilder cases = new();
        foreach (Verb verb in verbs)
        {
            cases.Append($"    {verb.Name})\n      _arguments");
            foreach (Flag flag in verb.Flags)
                cases.Append($" \\\n        {Quoting.Bash($"{flag.Name}[{Plain(flag.Help)}]{ZshValue(flag.Value)}")}");
            foreach (string word in verb.RunWords)
                cases.Append($" \\\n        {Quoting.Bash($":{ZshValue(word)}")}");
            cases.Append(" ;;\n");
        }

        string list = string.Join('\n', verbs.Select(verb => $"    {Quoting.Bash($"{verb.Name}:{Plain(verb.Summary)}")}"));
        return $$"""
            #compdef gpumlp
            # gpumlp: completion for zsh, in a folder of $fpath as _gpumlp, or: source <(gpumlp completion zsh)
            _gpumlp() {
              local -a verbs
              verbs=(
            {{list}}
              )
              if (( CURRENT == 2 )); then
                _describe command verbs
                return
              fi
              local verb=$words[2]
              shift words
              (( CURRENT-- ))
              case $verb in
                help) _describe command verbs ;;
            {{cases.ToString().TrimEnd('\n')}}
              esac
            }
            if [ "$funcstack[1]" = "_gpumlp" ]; then _gpumlp "$@"; else compdef _gpumlp gpumlp; fi

            """.ReplaceLineEndings("\n");
    }

    private static string Flags(Verb verb) => string.Join(' ', verb.Flags.Select(flag => flag.Name));

    private static string BashValues(string value) => KindOf(value) switch
    {
        Kind.Folder => "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); return",
        Kind.File => "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return",
        Kind.Words => $"mapfile -t COMPREPLY < <(compgen -W \"{string.Join(' ', WordsOf(value))}\" -- \"$cur\"); return",
        _ => "return",
    };

    private static string ZshValue(string value) => KindOf(value) switch
    {
        _ when value.Length == 0 => "",
        Kind.Folder => $":{value}:_files -/",
        Kind.File => ":FILE:_files",
        Kind.Words => $":value:({string.Join(' ', WordsOf(value))})",
        _ => $":{Plain(value)}: ",
    };

    private static Kind KindOf(string value) =>
        value == "DIR" || value.StartsWith("RUN", StringComparison.Ordinal) ? Kind.Folder
        : value.StartsWith("FILE", StringComparison.Ordinal) ? Kind.File
        : WordsOf(value).Any() ? Kind.Words
        : Kind.Any;

    // Of alternatives such as auto|cpu|cuda[:I]|K/N those that can be typed as they are, without what is optional.
    private static IEnumerable<string> WordsOf(string value) => value.Contains('|')
        ? value.Split('|').Select(word => word.Split('[')[0]).Where(word => word.Length > 0 && word.All(c => char.IsAsciiLetterLower(c)))
        : [];

    // Characters that _arguments and _describe take for their own.
    private static string Plain(string text) =>
        string.Concat(text.Where(c => c is not ('[' or ']' or '`' or '\\' or '"')).Select(c => c == ':' ? ',' : c));
}
