using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace ActorSync.Channels.Http;

/// <summary>Files from a channel's storage hosts: streamed, without credentials of ours, bounded. Transport failures are data. Thread-safe.</summary>
public sealed class ChannelTransfer(HttpClient http, TimeProvider clock)
{
    /// <summary>A transfer that moves no byte for this long is given up.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestUpload = TimeSpan.FromMinutes(5);
    private const int BufferBytes = 128 * 1024;

    /// <summary>Writes what <paramref name="address"/> answers to <paramref name="target"/>; more than <paramref name="maxBytes"/> is a failure.</summary>
    public async Task<TransferResult> DownloadAsync(Uri address, Stream target, long maxBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        using var idle = new CancellationTokenSource(Idle, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            if (!response.IsSuccessStatusCode)
            {
                return new TransferResult(response.StatusCode, 0, Fault: null);
            }

            await using var body = await response.Content.ReadAsStreamAsync(both.Token);
            var moved = 0L;
            while (await body.ReadAsync(buffer, both.Token) is > 0 and var read)
            {
                moved += read;
                if (moved > maxBytes)
                {
                    return Failed("FILE_TOO_LARGE", $"The file is larger than {maxBytes} bytes.", ChannelFaultKind.Permanent);
                }

                await target.WriteAsync(buffer.AsMemory(0, read), both.Token);
                idle.CancelAfter(Idle);
            }

            await target.FlushAsync(both.Token);
            return new TransferResult(response.StatusCode, moved, Fault: null);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return Failed("TRANSFER_BROKEN", "The file could not be fetched to its end.", ChannelFaultKind.Transient);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Posts a form: the fields as they are and in their order, then the file.</summary>
    public async Task<TransferResult> UploadAsync(
        Uri address, IEnumerable<(string Name, string Value)> fields, string fileName, ReadOnlyMemory<byte> file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(fields);
        using var idle = new CancellationTokenSource(LongestUpload, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        var boundary = "actorsync-" + Convert.ToHexStringLower(SHA256.HashData(file.Span).AsSpan(0, 16));
        using var form = new MultipartFormDataContent(boundary);
        // Not every storage host takes the quotation marks that .NET puts around it.
        form.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=" + boundary);
        foreach (var (name, value) in fields)
        {
            form.Add(Part(new ByteArrayContent(Encoding.UTF8.GetBytes(value)), name, fileName: null));
        }

        form.Add(Part(new ReadOnlyMemoryContent(file), "file", fileName));
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = form };
            using var response = await http.SendAsync(request, both.Token);
            return new TransferResult(response.StatusCode, file.Length, Fault: null);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return Failed("TRANSFER_BROKEN", "The file could not be sent to its end.", ChannelFaultKind.Transient);
        }
    }

    private static HttpContent Part(HttpContent content, string name, string? fileName)
    {
        content.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = $"\"{name}\"", FileName = fileName is null ? null : $"\"{fileName}\"" };
        return content;
    }

    private static TransferResult Failed(string code, string message, ChannelFaultKind kind) =>
        new(Status: null, 0, new ChannelFault { Kind = kind, Code = code, Message = message });
}

/// <summary>One transfer and what became of it; a fault is about the way there, a status is the host's answer.</summary>
public sealed record TransferResult(HttpStatusCode? Status, long Bytes, ChannelFault? Fault)
{
    public bool IsSuccess => Status is { } status && (int)status is >= 200 and <= 299;

    /// <summary>Why it did not succeed, in words of HTTP; null when it did.</summary>
    public ChannelFault? WhyNot => IsSuccess ? null : Fault ?? new ChannelFault
    {
        Kind = (int)Status!.Value is 408 or 429 or >= 500 ? ChannelFaultKind.Transient : ChannelFaultKind.Permanent,
        Code = ((int)Status.Value).ToString(),
        Message = $"The channel's storage answered HTTP {(int)Status.Value} {Status.Value}.",
    };
}
