using System.Collections.Frozen;

namespace ActorSync.Channels.Shopify;

/// <summary>The country codes that Shopify takes. Any other text would have the whole call refused, so it is looked at before anything is sent.</summary>
internal static class ShopifyCountries
{
    /// <summary>Values of the enum CountryCode; a test holds them against the schema.</summary>
    public static readonly FrozenSet<string> Codes = string.Join(' ',
        "AF AX AL DZ AD AO AI AG AR AM AW AC AU AT AZ BS BH BD BB BY BE BZ BJ BM BT BO BA BW BV BR IO BN BG BF BI KH CA CV BQ KY CF TD CL CN CX CC",
        "CO KM CG CD CK CR HR CU CW CY CZ CI DK DJ DM DO EC EG SV GQ ER EE SZ ET FK FO FJ FI FR GF PF TF GA GM GE DE GH GI GR GL GD GP GT GG GN GW",
        "GY HT HM VA HN HK HU IS IN ID IR IQ IE IM IL IT JM JP JE JO KZ KE KI KP XK KW KG LA LV LB LS LR LY LI LT LU MO MG MW MY MV ML MT MQ MR MU",
        "YT MX MD MC MN ME MS MA MZ MM NA NR NP NL AN NC NZ NI NE NG NU NF MK NO OM PK PS PA PG PY PE PH PN PL PT QA CM RE RO RU RW BL SH KN LC MF",
        "PM WS SM ST SA SN RS SC SL SG SX SK SI SB SO ZA GS KR SS ES LK VC SD SR SJ SE CH SY TW TJ TZ TH TL TG TK TO TT TA TN TR TM TC TV UG UA AE",
        "GB US UM UY UZ VU VE VN VG WF EH YE ZM ZW ZZ").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The code in Shopify's spelling; null when Shopify knows no such country.</summary>
    public static string? Find(string text) => text.Trim().ToUpperInvariant() is var code && Codes.Contains(code) ? code : null;
}
