namespace ActorSync.Web.Products;

/// <summary>The edit that undoes history lines: for each register the value before the oldest of them.</summary>
internal static class RevertEdit
{
    public static ImmutableArray<FieldEdit> Of(ProductState product, IEnumerable<HistoryItem> newestFirst)
    {
        var before = new Dictionary<RegisterKey, FieldValue>();
        foreach (var line in newestFirst)
        {
            if (line.Entry is { Action: LogAction.Created or LogAction.Updated or LogAction.Resolved, Key: { } key } entry && IsPlain(key))
            {
                // Later lines of the loop are older: the last one seen holds what was there at the wanted version.
                before[key] = entry.Before ?? FieldValue.Empty;
            }
        }

        var edits = ImmutableArray.CreateBuilder<FieldEdit>();
        foreach (var (key, value) in before)
        {
            if (Fields.Find(key.Field)?.Type != FieldType.Set && (product.Value(key) ?? FieldValue.Empty) != value)
            {
                edits.Add(new FieldEdit { Key = key, Value = value });
            }
        }

        foreach (var list in before.Where(b => Fields.Find(b.Key.Field)?.Type == FieldType.Set).GroupBy(b => (b.Key.Field, b.Key.Scope)))
        {
            var elements = product.Registers.Where(r => r.Key.Field == list.Key.Field && r.Key.Scope == list.Key.Scope && r.Key.Part is not null)
                .ToDictionary(r => r.Key.Part!, r => product.Value(r.Key) ?? FieldValue.Empty, StringComparer.Ordinal);
            foreach (var (key, value) in list)
            {
                elements[key.Part!] = value;
            }

            edits.Add(new FieldEdit
            {
                Key = new RegisterKey(list.Key.Field, Scope: list.Key.Scope),
                Elements = [.. elements.OrderBy(e => e.Key, StringComparer.Ordinal).Where(e => !e.Value.IsEmpty).Select(e => e.Value.Text!)],
            });
        }

        return edits.ToImmutable();
    }

    private static bool IsPlain(RegisterKey key) => Fields.Find(key.Field) is { IsStructure: false } field && field.Class != OwnerClass.Stock && (field.Type != FieldType.Set || key.Part is not null);
}
