using System.Runtime.CompilerServices;
[assembly: InternalsVisibleTo("ActorSync.Domain.Tests")]
