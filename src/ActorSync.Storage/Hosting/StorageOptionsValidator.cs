using Microsoft.Extensions.Options;

namespace ActorSync.Storage;

/// <summary>Tells every problem of the section at once: key, value, rule.</summary>
internal sealed class StorageOptionsValidator : IValidateOptions<StorageOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        var problems = new List<string>();
        if (!Enum.IsDefined(options.Dialect))
        {
            Add("Dialect", options.Dialect, "must be sqlite or postgres");
        }

        if (options.Dialect == StorageDialect.Postgres && string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            problems.Add($"{StorageOptions.Section}:ConnectionString is empty but Dialect is postgres. Give it, e.g. \"Host=localhost;Database=actorsync;Username=actorsync;Password=...\".");
        }

        if (string.IsNullOrWhiteSpace(options.DataFolder))
        {
            Add("DataFolder", options.DataFolder, "must name a folder");
        }

        Between("QueueLimit", options.QueueLimit, 100, 1_000_000);
        Between("InboxQueueLimit", options.InboxQueueLimit, 100, 1_000_000);
        Between("MaxBatchRows", options.MaxBatchRows, 1, 5_000);
        Between("MaxBatchBytes", options.MaxBatchBytes, 64 * 1024, 64 * 1024 * 1024);
        Between("Writers", options.Writers, 1, 16);
        Between("MaxRetries", options.MaxRetries, 0, 50);
        Between("RetryDelay", options.RetryDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
        Between("CommandTimeout", options.CommandTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Between("MigrationTimeout", options.MigrationTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        if (options.SecretKey is not null && !SecretKeyText.IsValid(options.SecretKey))
        {
            problems.Add($"{StorageOptions.Section}:SecretKey is *** but must be 32 bytes in base64 (openssl rand -base64 32).");
        }

        var retention = options.Retention;
        var longest = TimeSpan.FromDays(3_650);
        Between("Retention:Log", retention.Log, TimeSpan.FromDays(1), longest);
        Between("Retention:Events", retention.Events, TimeSpan.FromDays(1), longest);
        Between("Retention:EventBodies", retention.EventBodies, TimeSpan.Zero, longest);
        Between("Retention:Attempts", retention.Attempts, TimeSpan.FromHours(1), longest);
        Between("Retention:Idempotency", retention.Idempotency, TimeSpan.FromHours(1), longest);
        Between("Retention:Interval", retention.Interval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Between("Retention:Step", retention.Step, 1, 10_000);
        if (retention.EventBodies > retention.Events)
        {
            Add("Retention:EventBodies", retention.EventBodies, $"must not be longer than {StorageOptions.Section}:Retention:Events ({retention.Events})");
        }

        if (retention.MaxDeletes < retention.Step)
        {
            Add("Retention:MaxDeletes", retention.MaxDeletes, $"must not be below {StorageOptions.Section}:Retention:Step ({retention.Step})");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Add(string key, object? value, string rule) => problems.Add($"{StorageOptions.Section}:{key} is {value ?? "missing"} but {rule}.");

        void Between<T>(string key, T value, T least, T most)
            where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            {
                Add(key, value, $"must be between {least} and {most}");
            }
        }
    }
}

/// <summary>The text form of the key that encrypts secrets.</summary>
internal static class SecretKeyText
{
    public const int KeyBytes = 32;

    public static bool IsValid(string text)
    {
        Span<byte> bytes = stackalloc byte[KeyBytes + 3];
        return Convert.TryFromBase64String(text.Trim(), bytes, out var length) && length == KeyBytes;
    }
}
