namespace ActorSync.Sandbox.Core;

/// <summary>A kind of product: what it may be called, who makes it, what it comes in.</summary>
internal sealed record Range(
    string Code, string Type, bool German, string[] Nouns, string[] Qualities, string[] Vendors, string[] Tags, string Benefit, decimal PriceFrom, decimal PriceTo, int Grams, Choice[] Choices);

/// <summary>An option with the values a product may pick from.</summary>
internal sealed record Choice(string Name, string[] Values, int Most);

internal static class CatalogueWords
{
    private static readonly Choice ColourDe = new("Farbe", ["Schwarz", "Marineblau", "Moosgrün", "Weiß", "Rostrot", "Sandbeige"], 4);
    private static readonly Choice ColourEn = new("Colour", ["Charcoal", "Forest Green", "Sky Blue", "Off-White", "Rust"], 3);
    private static readonly Choice SizeDe = new("Größe", ["XS", "S", "M", "L", "XL", "XXL"], 5);
    private static readonly Choice SizeEn = new("Size", ["XS", "S", "M", "L", "XL"], 4);
    private static readonly Choice Shoe = new("Größe", ["38", "39", "40", "41", "42", "43", "44", "45"], 8);
    private static readonly Choice Volume = new("Inhalt", ["250 ml", "500 ml", "750 ml", "1 l"], 3);
    private static readonly Choice Finish = new("Finish", ["Matt", "Polished", "Brushed"], 2);
    private static readonly Choice Diameter = new("Durchmesser", ["20 cm", "24 cm", "28 cm", "32 cm"], 3);

    public static readonly Range[] Ranges =
    [
        new("WJ", "Jacken & Mäntel", German: true,
            ["Wetterjacke", "Steppjacke", "Regenmantel", "Windbreaker", "Fleecejacke", "Wollmantel"],
            ["Föhr", "Zugspitze", "Brocken", "Ammersee", "Kehlstein"],
            ["Nordwind Bekleidung", "Alpenglühn GmbH"], ["Herbst", "wasserdicht", "Outdoor", "Damen", "Herren"],
            "hält Wind und Regen ab und bleibt dabei atmungsaktiv", 79, 259, 780, [ColourDe, SizeDe]),
        new("TS", "T-Shirts & Tops", German: true,
            ["Basic-Shirt", "Ringelshirt", "Longsleeve", "Poloshirt", "Tanktop", "Leinenhemd"],
            ["Bio", "Küste", "Atelier", "Sankt Pauli", "Spätzle"],
            ["Faser & Faden", "Nordwind Bekleidung"], ["Bio-Baumwolle", "Sommer", "Basics", "fair"],
            "ist weich auf der Haut und behält auch nach vielen Wäschen die Form", 19, 59, 190, [ColourDe, SizeDe]),
        new("HO", "Trousers", German: false,
            ["Chino", "Cargo Trousers", "Hiking Pants", "Corduroy Jeans", "Linen Shorts"],
            ["Harbour", "Dune", "Cobbler", "Meadow", "Ridge"],
            ["Hartley & Sons", "Fjellvandring"], ["menswear", "womenswear", "everyday", "stretch"],
            "moves with you and keeps its shape from the first meeting to the last train", 45, 129, 540, [ColourEn, SizeEn]),
        new("SC", "Schuhe", German: true,
            ["Wanderstiefel", "Trailschuh", "Sneaker", "Gummistiefel", "Sandale"],
            ["Kaiserstuhl", "Müritz", "Hohes Venn", "Elbufer"],
            ["Sohlenwerk", "Alpenglühn GmbH"], ["Leder", "vegan", "Outdoor", "Neu"],
            "gibt Halt auf losem Grund und lässt sich neu besohlen", 59, 219, 1150, [Shoe]),
        new("ZE", "Tents & Shelter", German: false,
            ["Dome Tent", "Tarp", "Bivvy Bag", "Family Tent", "Footprint"],
            ["Solo 1P", "Duo 2P", "Trio 3P", "Basecamp", "Ultralight"],
            ["Fjellvandring", "Campcraft Ltd."], ["camping", "3-season", "ultralight"],
            "pitches in under five minutes and shrugs off a night of rain", 39, 649, 2300, []),
        new("RU", "Rucksäcke", German: true,
            ["Tagesrucksack", "Trekkingrucksack", "Kurierrucksack", "Kinderrucksack", "Hüfttasche"],
            ["Isar 22", "Inn 45+10", "Spree 18", "Lahn 30", "Weser 12"],
            ["Alpenglühn GmbH", "Packesel"], ["Outdoor", "Stadt", "Laptopfach", "recycelt"],
            "trägt sich auch voll bepackt angenehm und hat ein Fach für alles", 35, 239, 900, [ColourDe]),
        new("TF", "Bottles & Flasks", German: false,
            ["Insulated Bottle", "Thermos Flask", "Coffee Tumbler", "Hip Flask", "Soup Jar"],
            ["Classic", "Slim", "Everyday", "Summit"],
            ["Hydra & Co", "Campcraft Ltd."], ["BPA-free", "stainless steel", "gift"],
            "keeps tea hot for twelve hours and water cold for a day", 12, 49, 380, [Finish, Volume]),
        new("PF", "Pfannen & Töpfe", German: true,
            ["Eisenpfanne", "Schmortopf", "Stielkasserolle", "Wok", "Crêpepfanne", "Grillpfanne"],
            ["Großmutters", "Profi", "Kupfer", "Gusseisen"],
            ["Küchenschmiede", "Löffel & Kelle"], ["Küche", "Induktion", "Gusseisen", "Geschenk"],
            "speichert die Hitze und wird mit jedem Braten besser", 29, 189, 2100, [Diameter]),
        new("ME", "Messer", German: true,
            ["Kochmesser", "Brotmesser", "Schälmesser", "Santoku", "Filiermesser", "Wetzstahl"],
            ["Bergisch", "Solinger Art", "Edelholz", "Damast"],
            ["Küchenschmiede", "Klingenthal"], ["Küche", "handgefertigt", "Geschenk"],
            "liegt ausgewogen in der Hand und bleibt lange scharf", 19, 249, 240, []),
        new("TA", "Tableware", German: false,
            ["Dinner Plate", "Café Mug", "Salad Bowl", "Espresso Cup", "Serving Platter", "Butter Dish"],
            ["Speckled", "Riverstone", "Blue Rim", "Terracotta", "Lagoon"],
            ["Potter's Yard", "Löffel & Kelle"], ["stoneware", "dishwasher safe", "handmade"],
            "is glazed by hand, so no two pieces are quite alike", 9, 69, 520, []),
        new("KA", "Kaffee & Tee", German: true,
            ["Espressobohnen", "Filterkaffee", "Earl Grey", "Kräutertee", "Chai", "Grüner Tee"],
            ["Äthiopien", "Brasil", "Hofmischung", "Morgentau", "Süße Pause"],
            ["Rösterei Öttinger", "Teekontor Süd"], ["Bio", "fair", "Genuss", "vegan"],
            "wird in kleinen Mengen geröstet oder gemischt und frisch verpackt", 6, 29, 520, []),
        new("LA", "Lamps & Candles", German: false,
            ["Desk Lamp", "Pendant", "Lantern", "Beeswax Candle", "Fairy Lights"],
            ["Brass", "Opal", "Nordic", "Firefly"],
            ["Lumen & Lark", "Potter's Yard"], ["lighting", "cosy", "gift", "dimmable"],
            "throws a warm light that is kind to evenings", 8, 179, 860, [Finish]),
    ];

    public static readonly string[] ExtrasDe =
    [
        "Made in Europe – fair genäht, plastikfrei verpackt.",
        "Pflege: 30&nbsp;°C, nicht in den Trockner.",
        "Lieferung in 2–3 Werktagen, „versprochen“.",
        "5&nbsp;Jahre Garantie auf Material &amp; Verarbeitung.",
        "Ein Stück Heimat zum Mitnehmen 🏔️",
    ];

    public static readonly string[] ExtrasEn =
    [
        "Ships plastic-free; returns are on us.",
        "Care: wipe clean, then leave to dry.",
        "Rated 4.8/5 by people who don't usually write reviews.",
        "Designed in Leeds &amp; Gothenburg.",
        "Our staff's favourite since 2019 ❤",
    ];
}
