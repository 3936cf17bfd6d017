using ActorSync.Abstractions.Products;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Cluster.Tests.Products;

internal static class Edits
{
    public static EditCommand Of(string field, string value, bool create = false, bool force = true) => new()
    {
        Edit = new HubEdit { Fields = [new FieldEdit { Key = new RegisterKey(field), Value = new FieldValue(value) }], Actor = "test", Force = force },
        CreateIfMissing = create,
    };
}
