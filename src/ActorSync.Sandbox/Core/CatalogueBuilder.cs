using System.Globalization;

namespace ActorSync.Sandbox.Core;

/// <summary>Puts words, numbers and a few legal oddities together; the same seed gives the same goods.</summary>
internal sealed class CatalogueBuilder(int seed)
{
    private const string EanPrefix = "42601";
    private const int OddProducts = 12;

    private readonly SandboxRandom random = new(seed);
    private readonly HashSet<string> titles = new(StringComparer.Ordinal);
    private int barcodes;

    public List<SeedProduct> Build()
    {
        var products = new List<SeedProduct>(Catalogue.ProductCount);
        for (var number = 1; products.Count < Catalogue.ProductCount - OddProducts; number++)
        {
            products.Add(Regular(number, CatalogueWords.Ranges[number % CatalogueWords.Ranges.Length]));
        }

        // Placed where Catalogue.Build decides who is missing in WooCommerce: positions with index % 7 == 2 exist at Shopify only.
        products.InsertRange(2, [Odd("TAG-1", "Sommerhut mit Band", tags: ["SOMMER", "bio", "Neu "])]);
        products.InsertRange(9, [Odd("TAG-2", "Strandtuch Norderney", tags: ["sommer", "NEU", "Größe L"])]);
        products.Insert(10, Giant());
        products.Insert(25, Odd("ODD-LONG", LongTitle()));
        products.Insert(40, Odd("ODD-QUOTE", "Schild \"Vorsicht, 'bissiger' Hund\" – 20 × 30 cm"));
        products.Insert(55, Odd("ODD-AMP", "Salz & Pfeffer Mühle A&B, 2er-Set"));
        products.Insert(70, Odd("ODD-EMOJI", "Glückskeks 🥠 Überraschung 😀"));
        products.Insert(85, EmptySku());
        products.Insert(100, Odd("ODD ÄÖ/1#2", "Kanne mit merkwürdiger Artikelnummer"));
        products.Insert(115, Odd("ODD-CHEAP", "Streichholz, einzeln", price: 0.05m));
        products.Insert(130, Odd("ODD-DEAR", "Flügel aus Ebenholz", price: 48_999.00m));
        products.Insert(145, Odd("ODD-DRAFT", "Noch geheim: Kollektion 2027", status: "draft"));
        return products;
    }

    private SeedProduct Regular(int number, Range range)
    {
        var noun = Pick(range.Nouns);
        var quality = Pick(range.Qualities);
        var title = range.German ? $"{noun} {quality}" : $"{quality} {noun}";
        var edition = 2;
        while (!titles.Add(title))
        {
            title = $"{noun} {quality} {Roman(edition++)}";
        }

        var key = string.Create(CultureInfo.InvariantCulture, $"{range.Code}-{1000 + number}");
        var price = Price(range);
        var onSale = random.Chance(0.18);
        var choices = range.Choices.Where(_ => random.Chance(0.62)).Select(c => (c.Name, Values: Some(c.Values, c.Most))).ToList();
        if (choices.Count > 0 && random.Chance(0.05))
        {
            choices.Add(range.German ? ("Geschenkbox", ["Ja", "Nein"]) : ("Gift box", ["Yes", "No"]));
        }

        var variants = Combine([.. choices.Select(c => c.Values)]).Take(12)
            .Select(values => Variant(key, values, price, onSale, range.Grams)).ToList();
        return new SeedProduct
        {
            Title = title,
            DescriptionHtml = Describe(range, title),
            Vendor = Pick(range.Vendors),
            ProductType = range.Type,
            Tags = Some(range.Tags, 3),
            Status = random.Chance(0.04) ? "draft" : "active",
            OptionNames = [.. choices.Select(c => c.Name)],
            Variants = variants,
            ImagePaths = Images(range.Code, number, 1 + random.Next(3)),
        };
    }

    private SeedVariant Variant(string key, IReadOnlyList<string> values, decimal price, bool onSale, int grams)
    {
        var surcharge = values.Contains("XXL", StringComparer.Ordinal) || values.Contains("1 l", StringComparer.Ordinal) ? 5m : 0m;
        return new SeedVariant
        {
            Sku = values.Count == 0 ? key : $"{key}-{string.Join('-', values.Select(ShortForm))}",
            Barcode = NextEan(),
            OptionValues = values,
            Price = onSale ? decimal.Round((price + surcharge) * 0.8m, 2) : price + surcharge,
            CompareAtPrice = onSale ? price + surcharge : null,
            WeightGrams = grams + (random.Next(40) * 10),
            StockBerlin = random.Chance(0.08) ? 0 : random.Next(60),
            StockHamburg = random.Chance(0.3) ? 0 : random.Next(15),
        };
    }

    private SeedProduct Odd(string sku, string title, decimal price = 14.90m, string[]? tags = null, string status = "active") => new()
    {
        Title = title,
        DescriptionHtml = $"<p>{Html(title)}</p>\n<ul>\n<li>Ein Einzelstück für Grenzfälle</li>\n<li>Größe: 5&quot; &times; 7&quot;</li>\n</ul>",
        Vendor = "Kuriosum",
        ProductType = "Kuriositäten",
        Tags = tags ?? ["kurios"],
        Status = status,
        Variants = [new SeedVariant { Sku = sku, Barcode = NextEan(), Price = price, WeightGrams = 250, StockBerlin = 7 + random.Next(20), StockHamburg = random.Next(5) }],
        ImagePaths = Images("KU", 900 + barcodes, 1),
    };

    /// <summary>Four colours in thirty lengths: a product whose variants do not fit one page anywhere.</summary>
    private SeedProduct Giant()
    {
        string[] colours = ["Natur", "Schwarz", "Signalrot", "Petrol"];
        var lengths = Enumerable.Range(1, 30).Select(m => string.Create(CultureInfo.InvariantCulture, $"{m} m")).ToList();
        return new SeedProduct
        {
            Title = "Kletterseil Meterware",
            DescriptionHtml = "<p>Dynamisches Einfachseil, <strong>9,5&nbsp;mm</strong>, auf Maß geschnitten.</p>",
            Vendor = "Alpenglühn GmbH",
            ProductType = "Klettern",
            Tags = ["Outdoor", "auf Maß"],
            OptionNames = ["Farbe", "Länge"],
            Variants = [.. from colour in colours from length in lengths select Variant("SEIL", [colour, length], 3.5m * decimal.Parse(length.Split(' ')[0], CultureInfo.InvariantCulture), onSale: false, grams: 400)],
            ImagePaths = Images("SE", 990, 4),
        };
    }

    /// <summary>One variant has no SKU at all; only its barcode tells it.</summary>
    private SeedProduct EmptySku()
    {
        var variants = new[] { "Klein", "Mittel", "Groß" }.Select(v => Variant("KORB", [v], 24m, onSale: false, grams: 600)).ToList();
        variants[1] = variants[1] with { Sku = "" };
        return new SeedProduct
        {
            Title = "Weidenkorb, handgeflochten",
            DescriptionHtml = "<p>Jeder Korb ist ein Unikat.</p>",
            Vendor = "Kuriosum",
            ProductType = "Wohnen",
            Tags = ["handgefertigt", "kurios"],
            OptionNames = ["Ausführung"],
            Variants = variants,
            ImagePaths = Images("KO", 991, 2),
        };
    }

    private static string LongTitle()
    {
        const string start = "Allwetter-Hängematte mit Moskitonetz, Regendach, Karabinern, Baumschonergurten, Packbeutel, Reparaturset und ausführlicher deutsch-englischer Aufbauanleitung";
        const string more = " / All-weather hammock with mosquito net, rain fly and tree straps, for two";
        return start + more;
    }

    private string Describe(Range range, string title)
    {
        var name = Html(title);
        return range.German
            ? $"<p><strong>{name}</strong> {range.Benefit}.</p>\n<ul>\n<li>{Pick(CatalogueWords.ExtrasDe)}</li>\n<li>{Pick(CatalogueWords.ExtrasDe)}</li>\n</ul>"
            : $"<p>The <em>{name}</em> {range.Benefit}.</p>\n<p>{Pick(CatalogueWords.ExtrasEn)}</p>";
    }

    private static string Html(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private decimal Price(Range range)
    {
        var span = (int)(range.PriceTo - range.PriceFrom);
        var whole = range.PriceFrom + random.Next(span);
        return whole + (random.Next(3) switch { 0 => 0.90m, 1 => 0.95m, _ => 0m });
    }

    private string Pick(string[] from) => from[random.Next(from.Length)];

    /// <summary>A run of neighbours, at least two where there are as many, so that sizes stay in order.</summary>
    private string[] Some(string[] from, int most)
    {
        var count = Math.Min(from.Length, 2 + random.Next(Math.Max(1, most - 1)));
        var start = random.Next(from.Length - count + 1);
        return from[start..(start + count)];
    }

    private static IEnumerable<IReadOnlyList<string>> Combine(string[][] choices) =>
        choices.Aggregate<string[], IEnumerable<IReadOnlyList<string>>>([[]], (made, values) => made.SelectMany(start => values.Select(value => (IReadOnlyList<string>)[.. start, value])));

    private static string ShortForm(string value)
    {
        var plain = value.ToUpperInvariant().Replace("Ü", "UE", StringComparison.Ordinal).Replace("Ö", "OE", StringComparison.Ordinal)
            .Replace("Ä", "AE", StringComparison.Ordinal).Replace("ß", "SS", StringComparison.Ordinal);
        var kept = new string([.. plain.Where(char.IsAsciiLetterOrDigit)]);
        return kept[..Math.Min(6, kept.Length)];
    }

    private static string Roman(int number) => number switch { 2 => "II", 3 => "III", 4 => "IV", 5 => "V", 6 => "VI", _ => number.ToString(CultureInfo.InvariantCulture) };

    private static List<string> Images(string code, int number, int count) =>
        [.. Enumerable.Range(1, count).Select(k => string.Create(CultureInfo.InvariantCulture, $"/images/{code}-{number}-{k}.png"))];

    private string NextEan()
    {
        var body = EanPrefix + (1_000_000 + ++barcodes).ToString("D7", CultureInfo.InvariantCulture);
        var sum = body.Select((digit, index) => (digit - '0') * (index % 2 == 0 ? 1 : 3)).Sum();
        return body + (char)('0' + ((10 - (sum % 10)) % 10));
    }
}
