using System.Diagnostics.CodeAnalysis;

namespace ActorSync.Storage.Sqlite;

/// <summary>Results of tasks that are over.</summary>
internal static class Completed
{
    /// <summary>The result of a task that only awaited statements of SQLite, whose driver completes them before it returns.</summary>
    /// <exception cref="InvalidOperationException">The task is still running: it awaited something else, and the writer thread's transaction would be gone.</exception>
    [SuppressMessage("Usage", "VSTHRD002", Justification = "The task is over: nothing is waited for.")]
    public static T Result<T>(Task<T> task) => task.IsCompleted
        ? task.GetAwaiter().GetResult()
        : throw new InvalidOperationException("A SQLite write awaited something else than its own statements.");
}
