using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("ActorSync.Storage.Tests")]
[assembly: InternalsVisibleTo("ActorSync.Benchmarks")]
[assembly: InternalsVisibleTo("ActorSync.Cluster.Tests")]
