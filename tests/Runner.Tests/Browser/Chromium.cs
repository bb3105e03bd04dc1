using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuMlp.Runner.Tests.Browser;

/// <summary>
/// A headless Chromium with one page, spoken to by its DevTools protocol. Keeps everything that the page complains about or asks for.
/// </summary>
internal sealed class Chromium : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    // Without the last ones it looks up hosts of its maker at every start.
    private static readonly string[] s_flags =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        "--remote-debugging-port=0", "--no-first-run", "--disable-quic",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "about:blank",
    ];

    private readonly string _profile = Directory.CreateTempSubdirectory("gpumlp-browser ").FullName;
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _patience = new(s_patience);
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _session;
    private int _id;

    private Chromium(string program)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string flag in s_flags.Prepend($"--user-data-dir={_profile}"))
            start.ArgumentList.Add(flag);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, line) =>
        {
            // "DevTools listening on ws://127.0.0.1:PORT/devtools/browser/ID"; no line at all is its end.
            const string Mark = "DevTools listening on ";
            if (line.Data is null)
                _address.TrySetException(new InvalidOperationException("The browser ended at once."));
            else if (line.Data.StartsWith(Mark, StringComparison.Ordinal))
                _address.TrySetResult(line.Data[Mark.Length..]);
        };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>Errors, warnings, console output and exceptions of the page.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Addresses that the page asked for, but for the data that it holds itself.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>The program's path, or null when there is none.</summary>
    public static string? Find() =>
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
         from name in new[] { "chromium", "chromium-browser", "google-chrome" }
         let path = Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault();

    public static async Task<Chromium> Start(string program)
    {
        Chromium browser = new(program);
        try
        {
            await browser._socket
                .ConnectAsync(new Uri(await browser._address.Task.WaitAsync(browser._patience.Token)), browser._patience.Token);
            JsonNode target = await browser.Send("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
            JsonNode attached = await browser.Send(
                "Target.attachToTarget",
                new JsonObject { ["targetId"] = target["targetId"]!.GetValue<string>(), ["flatten"] = true });
            browser._session = attached["sessionId"]!.GetValue<string>();
            foreach (string domain in new[] { "Page", "Runtime", "Log", "Network" })
                await browser.Send($"{domain}.enable");
            return browser;
        }
        catch
        {
            browser.Dispose();
            throw;
        }
    }

    /// <summary>Opens a page in a window of a size and a colour scheme, and waits until it has loaded.</summary>
    /// <param name="scheme"><c>light</c> or <c>dark</c></param>
    public async Task Open(string file, int width, int height, string scheme)
    {
        await Send(
            "Emulation.setDeviceMetricsOverride",
            new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = width < 600 });
        await Send(
            "Emulation.setEmulatedMedia",
            new JsonObject { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }) });
        await Evaluate<bool>("window.isOld = true");
        await Send("Page.navigate", new JsonObject { ["url"] = new Uri(file).AbsoluteUri });
        while (await Evaluate<string>("document.readyState") != "complete" || await Evaluate<bool>("!!window.isOld"))
        {
        }
    }

    /// <summary>The value of an expression in the page; promises are awaited.</summary>
    public async Task<T> Evaluate<T>(string expression)
    {
        JsonNode answer = await Send(
            "Runtime.evaluate",
            new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        return answer["exceptionDetails"] is { } error
            ? throw new InvalidOperationException(error.ToJsonString())
            : answer["result"]!["value"]!.GetValue<T>();
    }

    /// <summary>The window as PNG.</summary>
    public async Task<byte[]> Screenshot() =>
        Convert.FromBase64String((await Send("Page.captureScreenshot", new JsonObject { ["format"] = "png" }))["data"]!.GetValue<string>());

    /// <summary>The page as it prints.</summary>
    public async Task<byte[]> Pdf() => Convert.FromBase64String((await Send("Page.printToPDF"))["data"]!.GetValue<string>());

    public void Dispose()
    {
        _socket.Dispose();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _patience.Dispose();
        Directory.Delete(_profile, recursive: true);
    }

    private async Task<JsonNode> Send(string method, JsonObject? parameters = null)
    {
        int id = ++_id;
        JsonObject message = new() { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null)
            message["sessionId"] = _session;
        await _socket.SendAsync(
            Encoding.UTF8.GetBytes(message.ToJsonString()),
            WebSocketMessageType.Text,
            endOfMessage: true,
            _patience.Token);
        while (true)
        {
            JsonNode answer = await Receive();
            if (answer["id"]?.GetValue<int>() == id)
            {
                return answer["error"] is { } error
                    ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}")
                    : answer["result"]!;
            }

            Note(answer);
        }
    }

    private async Task<JsonNode> Receive()
    {
        using MemoryStream text = new();
        byte[] buffer = new byte[1 << 16];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), _patience.Token);
            text.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(text.ToArray()) ?? throw new JsonException("null");
    }

    private void Note(JsonNode message)
    {
        JsonNode? about = message["params"];
        switch (message["method"]?.GetValue<string>())
        {
            case "Runtime.exceptionThrown" or "Runtime.consoleAPICalled" or "Log.entryAdded":
                Complaints.Add(about!.ToJsonString());
                break;
            case "Network.requestWillBeSent" when about!["request"]!["url"]!.GetValue<string>() is { } url
                && !url.StartsWith("data:", StringComparison.Ordinal):
                Requests.Add(url);
                break;
        }
    }
}
