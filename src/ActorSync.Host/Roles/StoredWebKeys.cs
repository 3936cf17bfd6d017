using System.Xml.Linq;
using ActorSync.Abstractions.Storage;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace ActorSync.Host.Roles;

/// <summary>ASP.NET's key ring in our database. Its interface is synchronous and asked rarely: at the first sign-in and once a day.</summary>
internal sealed class StoredWebKeys(IWebKeyStore store, TimeProvider clock) : IXmlRepository
{
#pragma warning disable VSTHRD002 // See above; on the pool, so that nothing waits for the caller's own thread.
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. Task.Run(() => store.ListAsync(CancellationToken.None)).GetAwaiter().GetResult().Select(XElement.Parse)];

    public void StoreElement(XElement element, string friendlyName) =>
        Task.Run(() => store.AddAsync(friendlyName, element.ToString(SaveOptions.DisableFormatting), clock.GetUtcNow(), CancellationToken.None)).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
}
