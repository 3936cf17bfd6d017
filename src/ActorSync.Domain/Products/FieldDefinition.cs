namespace ActorSync.Domain.Products;

public enum FieldScope { Product, Variant }

/// <summary>How a field's canonical text is written and compared. A Set has one register per element; Money one per currency.</summary>
public enum FieldType { Text, Html, Money, Decimal, Integer, Boolean, Set, List }

/// <summary>Who may claim a field (DESIGN section 1, S3). Tenants may override the class of single fields.</summary>
public enum OwnerClass { Commerce, Ops, Shared, Stock }

/// <summary>The order in which a channel's budget is spent: stock before price before content.</summary>
public enum Lane { Stock = 0, Price = 1, Content = 2, Leftover = 3 }

/// <summary>One row of the field registry: everything that ownership, merge, channel masks, API, UI and docs know of a field.</summary>
public sealed record FieldDefinition
{
    /// <summary>The field's API name, camelCase, letters only.</summary>
    public required string Name { get; init; }
    public required FieldScope Scope { get; init; }
    public required FieldType Type { get; init; }
    public required OwnerClass Class { get; init; }
    /// <summary>A sentence-case English label for people.</summary>
    public required string Label { get; init; }
    /// <summary>The unit of a number, e.g. "kg", "cm", "pcs"; null for texts.</summary>
    public string? Unit { get; init; }
    /// <summary>Names of the replaced systems, accepted on input (camelCase; snake_case of every name is accepted as well).</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];
    /// <summary>Longest accepted text in UTF-16 code units; null = 65,535.</summary>
    public int? MaxLength { get; init; }
    public Lane Lane { get; init; } = Lane.Content;
    /// <summary>Read from a channel that was not observed lately before it is overwritten there (no compare-and-set exists for it).</summary>
    public bool ReadBeforeWrite { get; init; }
    /// <summary>Kept by the hub for its own use (options, existence of variants) and not offered as a plain editable field.</summary>
    public bool IsStructure { get; init; }
}
