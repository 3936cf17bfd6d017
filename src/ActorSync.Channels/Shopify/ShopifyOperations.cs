using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ActorSync.Channels.Shopify;

/// <summary>One named GraphQL document, sent alone, with the cost that Shopify reserves for it at its largest page size.</summary>
internal sealed record ShopifyOperation(string Name, string Document, int Cost, bool Repeatable);

/// <summary>
/// The documents of folder Operations: one operation per file, its requested cost in the first line, fragments shared. A test validates each against the schema
/// and recomputes its cost.
/// </summary>
internal static partial class ShopifyOperations
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>> Fragments = new(LoadFragments);

    public static readonly ShopifyOperation ShopProbe = Load("ShopProbe");
    public static readonly ShopifyOperation AppScopes = Load("AppScopes");
    public static readonly ShopifyOperation ProductsPage = Load("ProductsPage");
    public static readonly ShopifyOperation ProductsChanged = Load("ProductsChanged");
    public static readonly ShopifyOperation ProductsCount = Load("ProductsCount");
    public static readonly ShopifyOperation ProductsByIds = Load("ProductsByIds");
    public static readonly ShopifyOperation ProductByHubId = Load("ProductByHubId");
    public static readonly ShopifyOperation VariantsOfProduct = Load("VariantsOfProduct");
    public static readonly ShopifyOperation LevelsOfItem = Load("LevelsOfItem");
    public static readonly ShopifyOperation VariantsBySku = Load("VariantsBySku");
    public static readonly ShopifyOperation ItemsOfVariants = Load("ItemsOfVariants");
    public static readonly ShopifyOperation ProductStatus = Load("ProductStatus");
    public static readonly ShopifyOperation ProductSetStatus = Load("ProductSetStatus");
    public static readonly ShopifyOperation HubIdDefinition = Load("HubIdDefinition");
    public static readonly ShopifyOperation CollectionsPage = Load("CollectionsPage");
    public static readonly ShopifyOperation CollectionsOfProduct = Load("CollectionsOfProduct");
    public static readonly ShopifyOperation Webhooks = Load("Webhooks");
    public static readonly ShopifyOperation CollectionMembers = Load("CollectionMembers");
    public static readonly ShopifyOperation PicturesOfProducts = Load("PicturesOfProducts");
    public static readonly ShopifyOperation BulkOperation = Load("BulkOperation");
    public static readonly ShopifyOperation BulkOperations = Load("BulkOperations");

    // Repeatable by nature: an identifier, an idempotency key or absolute values by id make the second run equal to the first.
    public static readonly ShopifyOperation ProductSet = Load("ProductSet");
    public static readonly ShopifyOperation ProductSetLarge = Load("ProductSetLarge");
    public static readonly ShopifyOperation ProductUpdate = Load("ProductUpdate");
    public static readonly ShopifyOperation ProductDelete = Load("ProductDelete");
    public static readonly ShopifyOperation TagsAdd = Load("TagsAdd");
    public static readonly ShopifyOperation TagsRemove = Load("TagsRemove");
    public static readonly ShopifyOperation VariantsUpdate = Load("VariantsUpdate");
    public static readonly ShopifyOperation StockSet = Load("StockSet");
    public static readonly ShopifyOperation StockActivate = Load("StockActivate");
    public static readonly ShopifyOperation BulkCancel = Load("BulkCancel");
    public static readonly ShopifyOperation StagedUpload = Load("StagedUpload");
    public static readonly ShopifyOperation BulkVariantsUpdate = Load("BulkVariantsUpdate");

    public static readonly ShopifyOperation MediaOfProduct = Load("MediaOfProduct");
    public static readonly ShopifyOperation MediaDescribe = Load("MediaDescribe");
    public static readonly ShopifyOperation MediaRemove = Load("MediaRemove");
    public static readonly ShopifyOperation MediaMove = Load("MediaMove");

    // A second run uploads a second time.
    public static readonly ShopifyOperation MediaAdd = Load("MediaAdd", repeatable: false);

    // A second run answers with an error that hides the success of the first.
    public static readonly ShopifyOperation VariantsCreate = Load("VariantsCreate", repeatable: false);
    public static readonly ShopifyOperation VariantsDelete = Load("VariantsDelete", repeatable: false);
    public static readonly ShopifyOperation HubIdDefine = Load("HubIdDefine", repeatable: false);
    public static readonly ShopifyOperation BulkRunMutation = Load("BulkRunMutation", repeatable: false);
    public static readonly ShopifyOperation BulkRunQuery = Load("BulkRunQuery", repeatable: false);
    public static readonly ShopifyOperation WebhookCreate = Load("WebhookCreate", repeatable: false);
    public static readonly ShopifyOperation WebhookDelete = Load("WebhookDelete", repeatable: false);

    public static IReadOnlyList<ShopifyOperation> All =>
    [
        ShopProbe, AppScopes, ProductsPage, ProductsChanged, ProductsCount, ProductsByIds, ProductByHubId, VariantsOfProduct, LevelsOfItem, VariantsBySku, ItemsOfVariants,
        ProductStatus, ProductSetStatus, HubIdDefinition, CollectionsPage, CollectionsOfProduct, PicturesOfProducts, BulkOperation, BulkOperations, BulkCancel, BulkRunQuery,
        BulkRunMutation, StagedUpload, BulkVariantsUpdate,
        Webhooks, CollectionMembers, ProductSet, ProductSetLarge, ProductUpdate, ProductDelete, TagsAdd, TagsRemove, VariantsUpdate, StockSet, StockActivate, VariantsCreate,
        VariantsDelete, MediaOfProduct, MediaDescribe, MediaRemove, MediaMove, MediaAdd, HubIdDefine, WebhookCreate, WebhookDelete,
    ];

    private static ShopifyOperation Load(string name, bool repeatable = true)
    {
        var text = Read(name);
        var header = CostLine().Match(text);
        if (!header.Success)
        {
            throw new InvalidOperationException($"Operations/{name}.graphql must begin with '# cost <points>'.");
        }

        return new ShopifyOperation(name, WithFragments(text[header.Length..]), int.Parse(header.Groups["points"].ValueSpan, CultureInfo.InvariantCulture), repeatable);
    }

    private static string WithFragments(string operation)
    {
        var document = new StringBuilder(operation.Trim());
        var open = new Queue<string>(Names(operation));
        var added = new HashSet<string>(StringComparer.Ordinal);
        while (open.TryDequeue(out var name))
        {
            if (added.Add(name))
            {
                var fragment = Fragments.Value[name];
                document.Append("\n\n").Append(fragment);
                foreach (var inner in Names(fragment))
                {
                    open.Enqueue(inner);
                }
            }
        }

        return document.ToString();
    }

    private static IEnumerable<string> Names(string text) => Spread().Matches(text).Select(match => match.Groups["name"].Value);

    private static Dictionary<string, string> LoadFragments() => Read("Fragments")
        .Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .ToDictionary(fragment => fragment.Split(' ', 3)[1], StringComparer.Ordinal);

    private static string Read(string name)
    {
        var resource = $"{typeof(ShopifyOperations).Namespace}.Operations.{name}.graphql";
        using var stream = typeof(ShopifyOperations).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The embedded document {resource} is missing.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\A# cost (?<points>\d+)\r?\n", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CostLine();

    [GeneratedRegex(@"\.\.\.(?<name>[A-Z]\w*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Spread();
}
