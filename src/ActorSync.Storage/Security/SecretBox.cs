using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage.Security;

/// <summary>AES-256-GCM over channel secrets. The key comes from options or a file; without either a file is created that only its owner may read.</summary>
internal sealed partial class SecretBox(IOptions<StorageOptions> options, ILogger<SecretBox> logger)
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int FingerprintBytes = 4;
    private readonly Lazy<byte[]> key = new(() => FindKey(options.Value, logger));

    /// <summary>Names the key without telling it, so that a row sealed with another one is recognised.</summary>
    public string KeyId => Convert.ToHexStringLower(SHA256.HashData(key.Value).AsSpan(0, 8));

    public Sealed Seal(string context, string text)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var box = new Sealed(KeyId, RandomNumberGenerator.GetBytes(NonceBytes), new byte[TagBytes], new byte[plain.Length]);
        using var cipher = new AesGcm(key.Value, TagBytes);
        // The context (channel and name) is authenticated, so that a row moved to another channel does not open there.
        cipher.Encrypt(box.Nonce, plain, box.Cipher, box.Tag, Encoding.UTF8.GetBytes(context));
        return box;
    }

    /// <summary>The same for the same text: tells secrets apart without telling them. Keyed, so that guesses cannot be tried against it elsewhere.</summary>
    public string Fingerprint(string context, string text) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key.Value, Encoding.UTF8.GetBytes($"fingerprint/{context}/{text}")).AsSpan(0, FingerprintBytes));

    /// <exception cref="InvalidOperationException">Another key sealed it, or it was changed.</exception>
    public string Open(string context, Sealed box)
    {
        if (box.KeyId != KeyId)
        {
            throw new InvalidOperationException(
                $"The secrets of '{context}' were encrypted with key {box.KeyId}, but the key in use is {KeyId}. Restore the old key ({StorageOptions.Section}:SecretKey or SecretKeyFile) or enter the secrets again.");
        }

        var plain = new byte[box.Cipher.Length];
        using var cipher = new AesGcm(key.Value, TagBytes);
        try
        {
            cipher.Decrypt(box.Nonce, box.Cipher, box.Tag, plain, Encoding.UTF8.GetBytes(context));
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new InvalidOperationException($"The secret '{context}' was changed in the database and cannot be opened. Enter it again.", exception);
        }

        return Encoding.UTF8.GetString(plain);
    }

    private static byte[] FindKey(StorageOptions options, ILogger logger)
    {
        if (options.SecretKey is { } given)
        {
            return Convert.FromBase64String(given.Trim());
        }

        var path = string.IsNullOrWhiteSpace(options.SecretKeyFile) ? Path.Combine(options.DataFolder, "secret.key") : options.SecretKeyFile;
        if (!File.Exists(path))
        {
            Create(path, logger);
        }

        var text = File.ReadAllText(path);
        return SecretKeyText.IsValid(text)
            ? Convert.FromBase64String(text.Trim())
            : throw new InvalidOperationException($"The key file '{path}' must hold 32 bytes in base64 (openssl rand -base64 32), but does not.");
    }

    private static void Create(string path, ILogger logger)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        // Written beside and moved, so that another process starting now reads either nothing or the whole key.
        var draft = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var writer = new StreamWriter(draft, Encoding.ASCII, create))
        {
            writer.WriteLine(Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretKeyText.KeyBytes)));
        }

        try
        {
            File.Move(draft, path, overwrite: false);
            LogCreated(logger, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }

    [LoggerMessage(EventId = 3201, Level = LogLevel.Information, Message = "Created the key that encrypts channel secrets: {Path}. Keep a copy: without it stored secrets cannot be read.")]
    private static partial void LogCreated(ILogger logger, string path);
}

/// <summary>An encrypted text.</summary>
internal sealed record Sealed(string KeyId, byte[] Nonce, byte[] Tag, byte[] Cipher);
