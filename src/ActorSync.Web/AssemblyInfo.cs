using System.Runtime.CompilerServices;
[assembly: InternalsVisibleTo("ActorSync.Web.Tests")]
