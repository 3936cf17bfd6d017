using System.Security;
using ActorSync.Sandbox.Core;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ActorSync.Sandbox.Shopify.Bulk;

/// <summary>The storage hosts beside the API: uploads by form, downloads by signed address. Neither wants the shop's token, and a request that shows it is refused.</summary>
public sealed class BulkStorageRoutes(BulkStorage storage, ChannelStats stats)
{
    private const string TokenHeader = "X-Shopify-Access-Token";
    private const int LongestField = 4_096;

    public void Map(WebApplication app)
    {
        app.MapPost(BulkStorage.StagedPath + "/", UploadAsync);
        app.MapGet(BulkStorage.ResultPath + "/{name}", DownloadAsync);
    }

    private async Task UploadAsync(HttpContext context)
    {
        stats.CountRequest("staged upload");
        if (context.Request.Headers.ContainsKey(TokenHeader))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "InvalidArgument", $"{TokenHeader} does not belong on a storage host");
            return;
        }

        if (storage.Levers.Take("failUploads"))
        {
            stats.CountError();
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable", "We encountered an internal error. Please try again.");
            return;
        }

        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || type.MediaType != "multipart/form-data"
            || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 } boundary)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.");
            return;
        }

        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = BulkStorage.LargestFile * 2;
        await ReadFormAsync(context, new MultipartReader(boundary, context.Request.Body));
    }

    private async Task ReadFormAsync(HttpContext context, MultipartReader reader)
    {
        var fields = new List<(string Name, string Value)>();
        while (await reader.ReadNextSectionAsync(context.RequestAborted) is { } section)
        {
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || HeaderUtilities.RemoveQuotes(disposition.Name).Value is not { } name)
            {
                break;
            }

            if (name != "file")
            {
                using var text = new StreamReader(section.Body);
                var value = new char[LongestField];
                var length = await text.ReadBlockAsync(value, context.RequestAborted);
                fields.Add((name, new string(value, 0, length)));
                continue;
            }

            await SaveAsync(context, fields, section.Body);
            return;
        }

        // What stands after the file is ignored, so a form whose file is not the last field lacks what follows.
        await RefuseAsync(context, StatusCodes.Status400BadRequest, "InvalidArgument", "POST requires exactly one file upload per request, as its last field.");
    }

    private async Task SaveAsync(HttpContext context, List<(string Name, string Value)> fields, Stream body)
    {
        var (file, problem) = storage.Open(fields);
        if (file is null)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "AccessDenied", problem ?? "Access denied.");
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var part = file + ".part";
        await using (var target = File.Create(part))
        {
            await body.CopyToAsync(target, context.RequestAborted);
        }

        if (new FileInfo(part).Length > BulkStorage.LargestFile)
        {
            File.Delete(part);
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.");
            return;
        }

        File.Move(part, file, overwrite: true);
        var key = SecurityElement.Escape(fields.First(f => f.Name == "key").Value);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.ContentType = "application/xml; charset=UTF-8";
        await context.Response.WriteAsync(
            $"<?xml version='1.0' encoding='UTF-8'?><PostResponse><Location>https://storage.googleapis.com/{BulkStorage.Bucket}/{key}</Location>"
            + $"<Bucket>{BulkStorage.Bucket}</Bucket><Key>{key}</Key><ETag>\"{Path.GetFileNameWithoutExtension(file)}\"</ETag></PostResponse>",
            context.RequestAborted);
    }

    private async Task DownloadAsync(HttpContext context, string name)
    {
        stats.CountRequest("bulk result");
        if (context.Request.Headers.ContainsKey(TokenHeader))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "InvalidArgument", $"{TokenHeader} does not belong on a storage host");
            return;
        }

        if (storage.Levers.Take("failDownloads"))
        {
            stats.CountError();
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable", "We encountered an internal error. Please try again.");
            return;
        }

        if (storage.Result(name, context.Request.Query["Expires"].ToString(), context.Request.Query["Signature"].ToString()) is not { } file)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "AccessDenied", "Request signature expired or does not match.");
            return;
        }

        context.Response.ContentType = "application/jsonl";
        await using var content = File.OpenRead(file);
        context.Response.ContentLength = content.Length;
        if (storage.Levers.Take("cutDownloads"))
        {
            stats.CountError();
            var half = new byte[content.Length / 2];
            await content.ReadExactlyAsync(half, context.RequestAborted);
            await context.Response.Body.WriteAsync(half, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
            return;
        }

        await content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task RefuseAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml; charset=UTF-8";
        await context.Response.WriteAsync($"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{SecurityElement.Escape(message)}</Message></Error>", context.RequestAborted);
    }
}
