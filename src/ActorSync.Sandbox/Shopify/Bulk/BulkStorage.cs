using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ActorSync.Sandbox.Core;
using ActorSync.Sandbox.Shopify.Writes;

namespace ActorSync.Sandbox.Shopify.Bulk;

/// <summary>The files of bulk operations and their addresses. Forms and results are signed, so that both end by their own date whatever restarts between.</summary>
public sealed class BulkStorage(string folder, string baseAddress, SandboxRandom random, TimeProvider clock)
{
    public const string Root = "/shopify/storage";
    public const string StagedPath = Root + "/staged";
    public const string ResultPath = Root + "/bulk-operation-outputs";
    public const long LargestFile = 100 * 1024 * 1024;
    public const string Bucket = "shopify-staged-uploads";
    private const string ShopNumber = "92891250994";
    private const string BulkResource = "BULK_MUTATION_VARIABLES";

    private static readonly byte[] Key = "sandbox storage"u8.ToArray();

    public BulkLevers Levers { get; } = new();

    public static Dictionary<string, object?> Empty() => new(StringComparer.Ordinal) { ["url"] = null, ["resourceUrl"] = null, ["parameters"] = Array.Empty<object>() };

    /// <summary>stagedUploadsCreate: a form for each input of a bulk mutation. Other resources are not staged here.</summary>
    public Payload Stage(IReadOnlyList<Input> inputs)
    {
        var targets = new List<Dictionary<string, object?>>();
        var errors = new List<ShopUserError>();
        for (var i = 0; i < inputs.Count; i++)
        {
            var index = i.ToString(CultureInfo.InvariantCulture);
            var (resource, name, type) = (inputs[i].Text("resource"), inputs[i].Text("filename") ?? "", inputs[i].Text("mimeType") ?? "");
            if (resource == "SHOP_IMAGE")
            {
                // Needs a right that this app does not have.
                throw new RefusedException("ACCESS_DENIED", "Access denied for stagedUploadsCreate field.");
            }

            ShopUserError? wrong = resource switch
            {
                "VIDEO" or "MODEL_3D" when inputs[i].Text("fileSize") is null =>
                    new ShopUserError(["input", index, "fileSize"], $"file size is required for {(resource == "VIDEO" ? "video" : "3d model")} resources"),
                "IMAGE" or "PRODUCT_IMAGE" when !type.StartsWith("image/", StringComparison.Ordinal) =>
                    new ShopUserError(["input", index, "mimeType"], $"{name}: ({type}) is not a recognized format"),
                BulkResource when inputs[i].Text("httpMethod") == "POST" => null,
                BulkResource => new ShopUserError(["input", index, "httpMethod"], "The Sandbox stages bulk mutation variables by POST only"),
                _ => new ShopUserError(["input", index, "resource"], $"The Sandbox stages {BulkResource} only"),
            };
            targets.Add(wrong is null ? Form(name, type) : Empty());
            if (wrong is not null)
            {
                errors.Add(wrong);
            }
        }

        return new Payload(errors) { ["stagedTargets"] = targets };
    }

    /// <summary>Whether these fields are a form that was handed out, unchanged and in time; and where its file goes.</summary>
    public (string? File, string? Problem) Open(IReadOnlyList<(string Name, string Value)> fields)
    {
        var given = fields.FirstOrDefault(f => f.Name == "key").Value;
        var policy = fields.FirstOrDefault(f => f.Name == "policy").Value;
        if (given is null || policy is null || !long.TryParse(policy.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var until))
        {
            return (null, "Policy did not reference these fields");
        }

        var type = fields.FirstOrDefault(f => f.Name == "Content-Type").Value ?? "";
        var date = fields.FirstOrDefault(f => f.Name == "x-goog-date").Value ?? "";
        var expected = Fields(given, type, date, until);
        if (fields.Count != expected.Count || !fields.Zip(expected).All(pair => pair.First == pair.Second))
        {
            return (null, "Invalid according to Policy: Policy Condition failed");
        }

        return until < clock.GetUtcNow().ToUnixTimeSeconds() ? (null, "Invalid according to Policy: Policy expired.") : (Upload(given), null);
    }

    /// <summary>The uploaded file that a stagedUploadPath names.</summary>
    public (string? File, ShopUserError? Problem) Input(string path)
    {
        var file = Upload(path);
        if (file is null || !File.Exists(file))
        {
            return (null, new ShopUserError(
                Field: null,
                "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly for the stagedUploadPath mutation argument.",
                "NO_SUCH_FILE"));
        }

        return new FileInfo(file).Length switch
        {
            0 => (null, new ShopUserError(Field: null, "The input file is empty.", "INVALID_STAGED_UPLOAD_FILE")),
            > LargestFile => (null, new ShopUserError(Field: null, "The input file is larger than 100 MB.", "INVALID_STAGED_UPLOAD_FILE")),
            _ => (file, null),
        };
    }

    public Stream CreateResult(long id)
    {
        Directory.CreateDirectory(folder);
        return new FileStream(ResultFile(id), FileMode.Create, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Where a result can be fetched until its date; null where there is none.</summary>
    public string? Address(BulkOperation operation)
    {
        if (operation is not { FileSize: > 0, ResultUntil: { } until })
        {
            return null;
        }

        var name = operation.Id.ToString(CultureInfo.InvariantCulture);
        var seconds = until.ToUnixTimeSeconds();
        return string.Create(CultureInfo.InvariantCulture, $"{baseAddress}{ResultPath}/{name}?GoogleAccessId=sandbox&Expires={seconds}&Signature={Sign($"{name}\n{seconds}")}");
    }

    /// <summary>The file of a signed address; null when the signature is wrong, its date is past, or the file is gone.</summary>
    public string? Result(string name, string expires, string signature) =>
        long.TryParse(expires, NumberStyles.None, CultureInfo.InvariantCulture, out var until) && until >= clock.GetUtcNow().ToUnixTimeSeconds()
            && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && signature == Sign($"{name}\n{expires}") && File.Exists(ResultFile(id))
            ? ResultFile(id) : null;

    public IEnumerable<string> Records() => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.json").Select(File.ReadAllText).ToList() : [];

    public void Keep(long id, string record)
    {
        Directory.CreateDirectory(folder);
        var file = RecordFile(id);
        File.WriteAllText(file + ".new", record);
        File.Move(file + ".new", file, overwrite: true);
    }

    public void Forget(long id)
    {
        File.Delete(RecordFile(id));
        File.Delete(ResultFile(id));
    }

    public void Clear()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private Dictionary<string, object?> Form(string name, string type)
    {
        var safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));
        var until = clock.GetUtcNow() + Levers.FormLife;
        var key = $"tmp/{ShopNumber}/bulk/{random.NextGuid()}/{safe}";
        var date = clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var fields = Fields(key, type, date, until.ToUnixTimeSeconds());
        return new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["url"] = $"{baseAddress}{StagedPath}/",
            ["resourceUrl"] = $"{baseAddress}{StagedPath}/",
            ["parameters"] = fields.Select(f => new Dictionary<string, object?>(StringComparer.Ordinal) { ["name"] = f.Name, ["value"] = f.Value }).ToList(),
        };
    }

    private static List<(string Name, string Value)> Fields(string key, string type, string date, long until)
    {
        List<(string, string)> fields =
        [
            ("Content-Type", type), ("success_action_status", "201"), ("acl", "private"), ("key", key), ("x-goog-date", date),
            ("x-goog-credential", "sandbox"), ("x-goog-algorithm", "GOOG4-RSA-SHA256"),
        ];
        var policy = until.ToString(CultureInfo.InvariantCulture);
        return [.. fields, ("x-goog-signature", Sign(string.Join('\n', fields) + policy)), ("policy", policy)];
    }

    private string? Upload(string key) => key.Split('/') is ["tmp", ShopNumber, "bulk", var guid, { Length: > 0 }] && Guid.TryParseExact(guid, "D", out var id)
        ? Path.Combine(folder, $"{id:D}.upload") : null;

    private string ResultFile(long id) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{id}.jsonl"));

    private string RecordFile(long id) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{id}.json"));

    private static string Sign(string text) => Convert.ToHexString(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes(text)));
}
