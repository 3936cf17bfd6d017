using System.Collections.Concurrent;
using System.Text.Json;
using ActorSync.Grains;
using Orleans.Storage;

namespace ActorSync.Cluster.Tests.Hub;

/// <summary>
/// Grain storage for settings and checkpoints that outlives a killed silo, as a database does, in the host's form: plain JSON. Products are in the real SQLite
/// store.
/// </summary>
public sealed class SharedGrainStorage(SharedGrainStorage.Rows rows) : IGrainStorage
{
    public sealed class Rows
    {
        public ConcurrentDictionary<string, (byte[] State, string ETag)> ByKey { get; } = new(StringComparer.Ordinal);
    }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (rows.ByKey.TryGetValue(Key(stateName, grainId), out var row))
        {
            grainState.State = JsonSerializer.Deserialize<T>(row.State, StateJson.Options)!;
            grainState.ETag = row.ETag;
            grainState.RecordExists = true;
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var written = (State: JsonSerializer.SerializeToUtf8Bytes(grainState.State, StateJson.Options), ETag: (int.Parse(grainState.ETag ?? "0") + 1).ToString());
        rows.ByKey.AddOrUpdate(
            Key(stateName, grainId),
            _ => written,
            (_, stands) => stands.ETag == (grainState.ETag ?? "0") ? written : throw new InconsistentStateException("Another activation has written.", stands.ETag, grainState.ETag));
        grainState.ETag = written.ETag;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        rows.ByKey.TryRemove(Key(stateName, grainId), out _);
        grainState.RecordExists = false;
        grainState.ETag = null;
        return Task.CompletedTask;
    }

    private static string Key(string stateName, GrainId grainId) => $"{stateName}/{grainId}";
}
