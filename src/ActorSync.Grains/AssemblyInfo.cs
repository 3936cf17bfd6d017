using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("ActorSync.Cluster.Tests")]
