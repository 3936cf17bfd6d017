using ActorSync.Storage.Groups;
using ActorSync.Storage.Products;

namespace ActorSync.Storage.Sqlite;

/// <summary>Loads one product by one statement: a statement is a snapshot, so product and links are of one moment.</summary>
internal sealed class SqliteProductLoads(SqliteDatabase database, FingerprintCache cache) : IProductLoads
{
    public Task<StoredProduct?> LoadAsync(ProductId id, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async session =>
            {
                var rows = new ProductRows(cache);
                await session.QueryAsync(
                    "LoadProducts",
                    row =>
                    {
                        if (row.Int(0) == 0)
                        {
                            rows.AddProduct(row.Long(3), row.Long(4), row.Bytes(5));
                        }
                        else
                        {
                            rows.AddLink(row.Text(2), row.Long(3), row.Long(4), row.Bytes(5));
                        }

                        return true;
                    },
                    cancellationToken,
                    ("@id", id.Value));
                return rows.Read(id.Value);
            },
            cancellationToken);
}
