using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.WooCommerce;

/// <summary>Categories and brands: terms that a product names by id, and that must be made before it can.</summary>
internal sealed record WooTaxonomy(string Path, string Field, string Separator)
{
    public static readonly WooTaxonomy Categories = new("products/categories", WooFields.Categories, WooFields.PathSeparator);
    /// <summary>Brands may have parents as well; the hub knows them by their own name.</summary>
    public static readonly WooTaxonomy Brands = new("products/brands", WooFields.Manufacturer, "");
}

/// <summary>
/// What an open shop's terms and units are. Neither announces its changes, so the book is read anew when it is old or a row names an id that it lacks.
/// </summary>
internal sealed class WooTermBook(WooClient client, ICanon canon, WooSeo? seo) : IDisposable
{
    private const int PerPage = 100;
    private const int MaxTermPages = 50;
    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);
    private readonly SemaphoreSlim _single = new(1);
    private readonly Dictionary<string, WooError> _refused = new(StringComparer.Ordinal);
    private DateTimeOffset _unitsReadAt = DateTimeOffset.MinValue;
    private DateTimeOffset _categoriesReadAt = DateTimeOffset.MinValue;
    private ImmutableDictionary<long, (string Name, long Parent)> _categories = ImmutableDictionary<long, (string, long)>.Empty;
    private ImmutableDictionary<string, long>? _brands;

    public WooFacts Facts { get; private set; } = WooFacts.None with { Seo = seo };

    public void Dispose() => _single.Dispose();

    /// <summary>The term's id, or why there is none. Only after <see cref="PrepareAsync"/>.</summary>
    public (long Id, WooError? Error) Find(WooTaxonomy taxonomy, string text)
    {
        var id = taxonomy == WooTaxonomy.Categories ? Facts.CategoryOf(text, canon) : _brands?.GetValueOrDefault(Canonical.ElementKey(text)) ?? 0;
        lock (_refused)
        {
            return (id, id > 0 ? null : _refused.GetValueOrDefault(RefusedKey(taxonomy, text)));
        }
    }

    /// <summary>Learns what is needed to read these rows. A key that may not see the settings reads no weights.</summary>
    public async Task<ChannelFault?> LearnAsync(IReadOnlyCollection<JsonElement> rows, Lane lane, CancellationToken cancellationToken)
    {
        await _single.WaitAsync(cancellationToken);
        try
        {
            var isUnknown = Facts.CategoryPaths is not { } paths
                || rows.Any(row => (WooMapper.List(row, "categories") ?? []).Any(term => !paths.ContainsKey(WooMapper.Number(term, "id")) && !WooMapper.IsDefaultCategory(term)));
            return await ReadUnitsAsync(lane, cancellationToken)
                ?? (isUnknown || IsOld(_categoriesReadAt) ? await ReadCategoriesAsync(lane, cancellationToken) : null);
        }
        finally
        {
            _single.Release();
        }
    }

    /// <summary>Makes the terms that pushes name and the shop lacks. What the shop refuses is remembered for <see cref="Find"/>; a fault is one of the connection.</summary>
    public async Task<ChannelFault?> PrepareAsync(IReadOnlyCollection<PushItem> items, Lane lane, CancellationToken cancellationToken)
    {
        var delta = items.SelectMany(item => item.Delta.Select(planned => (item.Target, Planned: planned))).ToArray();
        var brands = delta.Where(d => d.Planned.Key.Field == WooFields.Manufacturer && !d.Planned.Target.IsEmpty).Select(d => d.Planned.Target.Text!).Distinct(StringComparer.Ordinal).ToArray();
        var paths = delta.Where(d => d.Planned.Key is { Field: WooFields.Categories, Part: not null } && !d.Planned.Target.IsEmpty && d.Planned.Target != FieldValue.False)
            .Select(d => WooMapper.ElementText(d.Target, d.Planned)).Distinct(StringComparer.Ordinal).ToArray();
        var needsCategories = delta.Any(d => d.Planned.Key.Field == WooFields.Categories);
        var needsUnits = delta.Any(d => d.Planned.Key.Field is WooFields.Weight or WooFields.Length or WooFields.Width or WooFields.Height);
        if (brands.Length == 0 && !needsCategories && !needsUnits)
        {
            return null;
        }

        await _single.WaitAsync(cancellationToken);
        try
        {
            lock (_refused)
            {
                _refused.Clear();
            }

            var fault = (needsUnits ? await ReadUnitsAsync(lane, cancellationToken) : null)
                ?? (needsCategories && IsOld(_categoriesReadAt) ? await ReadCategoriesAsync(lane, cancellationToken) : null);
            foreach (var path in paths)
            {
                fault ??= await MakeCategoryAsync(path, lane, cancellationToken);
            }

            foreach (var brand in brands)
            {
                fault ??= await MakeBrandAsync(brand, lane, cancellationToken);
            }

            return fault;
        }
        finally
        {
            _single.Release();
        }
    }

    private bool IsOld(DateTimeOffset readAt) => client.Clock.GetUtcNow() - readAt > FreshFor;

    private async Task<ChannelFault?> ReadUnitsAsync(Lane lane, CancellationToken cancellationToken)
    {
        if (!IsOld(_unitsReadAt))
        {
            return null;
        }

        var answer = await client.GetAsync("settings/products", [], lane, cancellationToken);
        if (!answer.Ok && answer.Fault is { Kind: not ChannelFaultKind.Unauthorised } fault)
        {
            return fault;
        }

        _unitsReadAt = client.Clock.GetUtcNow();
        Facts = Facts with { WeightUnit = WooMapper.Setting(answer, "woocommerce_weight_unit"), DimensionUnit = WooMapper.Setting(answer, "woocommerce_dimension_unit") };
        return null;
    }

    private async Task<ChannelFault?> ReadCategoriesAsync(Lane lane, CancellationToken cancellationToken)
    {
        var (terms, fault) = await ReadTermsAsync(WooTaxonomy.Categories, lane, cancellationToken);
        if (fault is null)
        {
            _categories = terms.ToImmutableDictionary(t => t.Id, t => (t.Name, t.Parent));
            _categoriesReadAt = client.Clock.GetUtcNow();
            Publish();
        }

        return fault;
    }

    private void Publish() => Facts = Facts with { CategoryPaths = _categories.ToImmutableDictionary(pair => pair.Key, pair => PathOf(pair.Key)) };

    private string PathOf(long id)
    {
        var names = new Stack<string>();
        var met = new HashSet<long>();
        for (var at = id; _categories.TryGetValue(at, out var term) && met.Add(at); at = term.Parent)
        {
            names.Push(term.Name);
        }

        return string.Join(WooFields.PathSeparator, names);
    }

    private async Task<(List<(long Id, string Name, long Parent)> Terms, ChannelFault? Fault)> ReadTermsAsync(WooTaxonomy taxonomy, Lane lane, CancellationToken cancellationToken)
    {
        var terms = new List<(long, string, long)>();
        for (var page = 1; page <= MaxTermPages; page++)
        {
            var answer = await client.GetAsync(
                taxonomy.Path, [new("per_page", PerPage.ToString()), new("page", page.ToString()), new("orderby", "id"), new("order", "asc"), new("_fields", "id,name,parent")], lane, cancellationToken);
            if (!answer.Ok || answer.Json.ValueKind != JsonValueKind.Array)
            {
                return (terms, answer.FaultOrError);
            }

            var rows = answer.Json.EnumerateArray().ToArray();
            terms.AddRange(rows.Select(row => (WooMapper.Number(row, "id"), WooMapper.Decode(WooMapper.Text(row, "name") ?? ""), WooMapper.Number(row, "parent"))));
            if (rows.Length < PerPage)
            {
                return (terms, null);
            }
        }

        return (terms, new ChannelFault
        {
            Kind = ChannelFaultKind.Permanent,
            Code = "TOO_MANY_TERMS",
            Message = $"The shop has more than {MaxTermPages * PerPage} entries under {taxonomy.Path}; the hub reads no more than that.",
        });
    }

    /// <summary>From the top down; each part that is not there yet is made below the one before.</summary>
    private async Task<ChannelFault?> MakeCategoryAsync(string path, Lane lane, CancellationToken cancellationToken)
    {
        if (Facts.CategoryOf(path, canon) > 0)
        {
            return null;
        }

        var parent = 0L;
        var sofar = "";
        foreach (var name in path.Split(WooFields.PathSeparator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            sofar = sofar.Length == 0 ? name : sofar + WooFields.PathSeparator + name;
            if (Facts.CategoryOf(sofar, canon) is > 0 and var known)
            {
                parent = known;
                continue;
            }

            var body = new JsonObject { ["name"] = WooHtml.ProtectPlainText(name) };
            if (parent > 0)
            {
                body["parent"] = parent;
            }

            var (id, told, fault) = await MakeAsync(WooTaxonomy.Categories, body, path, lane, cancellationToken);
            if (id == 0)
            {
                return fault;
            }

            _categories = _categories.SetItem(id, (told ?? name, parent));
            Publish();
            parent = id;
        }

        return null;
    }

    private async Task<ChannelFault?> MakeBrandAsync(string brand, Lane lane, CancellationToken cancellationToken)
    {
        if (_brands is null)
        {
            var (terms, unread) = await ReadTermsAsync(WooTaxonomy.Brands, lane, cancellationToken);
            if (unread is { Code: "rest_no_route" })
            {
                Refuse(WooTaxonomy.Brands, brand, new WooError { Code = "BRANDS_NOT_SUPPORTED", Message = "this version of WooCommerce has no brands; they came with 9.9." });
                return null;
            }

            if (unread is not null)
            {
                return unread;
            }

            _brands = terms.GroupBy(t => Canonical.ElementKey(t.Name), StringComparer.Ordinal).ToImmutableDictionary(g => g.Key, g => g.Min(t => t.Id), StringComparer.Ordinal);
        }

        var key = Canonical.ElementKey(brand);
        if (_brands.ContainsKey(key))
        {
            return null;
        }

        var (id, _, fault) = await MakeAsync(WooTaxonomy.Brands, new JsonObject { ["name"] = WooHtml.ProtectPlainText(brand) }, brand, lane, cancellationToken);
        _brands = id > 0 ? _brands.SetItem(key, id) : _brands;
        return fault;
    }

    /// <summary>A term that somebody made meanwhile is as good as a new one: the shop tells which.</summary>
    private async Task<(long Id, string? Name, ChannelFault? Fault)> MakeAsync(WooTaxonomy taxonomy, JsonObject body, string wanted, Lane lane, CancellationToken cancellationToken)
    {
        var answer = await client.PostAsync(taxonomy.Path, body, lane, cancellationToken);
        if (answer.Ok && WooMapper.Number(answer.Json, "id") is > 0 and var made)
        {
            return (made, WooMapper.Decode(WooMapper.Text(answer.Json, "name") ?? ""), null);
        }

        if (answer.Error is { Code: WooErrors.TermExists, ResourceId: { } existing })
        {
            return (existing, null, null);
        }

        if (answer.Fault is null && answer.Error is { } error)
        {
            Refuse(taxonomy, wanted, error);
            return (0, null, null);
        }

        return (0, null, answer.FaultOrError);
    }

    private void Refuse(WooTaxonomy taxonomy, string wanted, WooError error)
    {
        lock (_refused)
        {
            _refused[RefusedKey(taxonomy, wanted)] = error;
        }
    }

    private static string RefusedKey(WooTaxonomy taxonomy, string text) => $"{taxonomy.Path}\n{text}";
}
