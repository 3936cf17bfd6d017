using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("ActorSync.Channels.Tests")]
