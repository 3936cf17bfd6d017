using System.Text.Json;

namespace ActorSync.Grains;

/// <summary>How the state of grains (settings, checkpoints) is stored: plain JSON rows without CLR type names, so that a renamed state class still loads.</summary>
public static class StateJson
{
    // Computed members are not state; those of the domain's keys even lead back to themselves.
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { IgnoreReadOnlyProperties = true };
}
