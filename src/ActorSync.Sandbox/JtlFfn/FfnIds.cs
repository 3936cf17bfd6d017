namespace ActorSync.Sandbox.JtlFfn;

/// <summary>Names of the demo: one merchant, one fulfiller with two warehouses; and the shapes of what is numbered.</summary>
public static class FfnIds
{
    public const string Merchant = "MERC";
    public const string Fulfiller = "FULF";
    public const string Product = Merchant + "01";
    public const string Outbound = Merchant + "02";
    public const string Inbound = Merchant + "03";
    public const string Notification = Merchant + "06";
    private const int ShortestOutbound = 7;
    private const int LongestOutbound = 16;

    /// <summary>No letters that a person takes for digits.</summary>
    private const string Alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    public static readonly IReadOnlyList<FfnWarehouse> Warehouses =
    [
        new("FULF04XX-12345-0001", "Logistikzentrum Leipzig", "Torgauer Straße 233", "Leipzig", "04347"),
        new("FULF04XX-12345-0002", "Außenlager Hamburg", "Billstraße 30", "Hamburg", "20539"),
    ];

    public static readonly IReadOnlyList<FfnShippingMethod> ShippingMethods =
    [
        new("FULF0A0001", "Paket", "Standard", "DHL", "DHL Paket"),
        new("FULF0A0002", "Paket eilig", "Expedited", "DHL", "DHL Express"),
        new("FULF0A0003", "Morgen da", "NextDay", "DPD", "DPD Express"),
    ];

    /// <summary>Five characters that look drawn by lot and are different for every number below 33 million.</summary>
    public static string Numbered(string prefix, long number)
    {
        const long scatter = 20_394_401;
        const long start = 7_654_321;
        const int length = 5;
        var left = ((number * scatter) + start) & ((1L << (5 * length)) - 1);
        Span<char> text = stackalloc char[length];
        for (var i = length - 1; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(left % Alphabet.Length)];
            left /= Alphabet.Length;
        }

        return prefix + new string(text);
    }

    public static bool IsOutbound(string id) =>
        id.Length is >= ShortestOutbound and <= LongestOutbound && id.StartsWith(Outbound, StringComparison.Ordinal) && id.All(char.IsAsciiLetterOrDigit);

    public static FfnWarehouse? Warehouse(string? id) => Warehouses.FirstOrDefault(w => w.Id == id);
}
