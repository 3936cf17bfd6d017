using System.Net;

namespace ActorSync.Sandbox.Core;

/// <summary>The frame of every page of the Sandbox: a system font, light or dark as the reader's system is, and a banner that says that this is not a real shop.</summary>
public static class HtmlPage
{
    private const string Style = """
        :root{color-scheme:light dark;--line:light-dark(#d9d9de,#3a3a42);--soft:light-dark(#f5f5f7,#232329);--accent:light-dark(#7a3ea1,#c79be8);--ink:light-dark(#1d1d22,#ececf0)}
        *{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:light-dark(#fff,#18181c)}
        header{display:flex;gap:1rem;flex-wrap:wrap;align-items:center;padding:.6rem 1.2rem;border-bottom:3px dashed var(--accent);background:var(--soft)}header b{color:var(--accent)}
        main{max-width:68rem;margin:0 auto;padding:1.2rem}h1{font-size:1.5rem;margin:.2rem 0 1rem}h2{font-size:1.1rem;margin:0 0 .6rem}a{color:var(--accent)}
        section{border:1px solid var(--line);border-radius:10px;padding:1rem 1.2rem;margin:0 0 1rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .5rem;border-bottom:1px solid var(--line);vertical-align:middle}th{font-weight:600;opacity:.75}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
        pre{overflow:auto;background:var(--soft);padding:.8rem;border-radius:8px}code{font-size:.92em}img.tile{width:40px;height:40px;border-radius:6px;display:block}
        input,textarea,select,button,.button{font:inherit;color:inherit;background:light-dark(#fff,#1f1f25);border:1px solid var(--line);border-radius:7px;padding:.35rem .6rem}
        textarea{width:100%;min-height:9rem}label{display:block;margin:.6rem 0 .2rem;opacity:.8}input.wide{width:100%}input.num{width:7.5rem;text-align:right}
        button,.button{cursor:pointer;text-decoration:none;display:inline-block}button.main{background:var(--accent);color:light-dark(#fff,#18181c);border-color:transparent;font-weight:600}
        .row{display:flex;gap:1rem;flex-wrap:wrap;align-items:end}.note{background:var(--soft);border-left:4px solid var(--accent);padding:.5rem .8rem;border-radius:4px}.pill{border:1px solid var(--line);border-radius:99px;padding:0 .55rem;font-size:.85em}
        """;

    /// <param name="title">For the window; encoded here.</param>
    /// <param name="banner">Which shop this is; empty on the start page.</param>
    /// <param name="body">HTML.</param>
    public static string Render(string title, string banner, string body) => $"""
        <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{WebUtility.HtmlEncode(title)}</title><style>{Style}</style></head>
        <body><header><b>Sandbox</b><span>{(banner.Length > 0 ? WebUtility.HtmlEncode(banner) : "simulated shops, not real ones")}</span><a href="/">All shops</a></header><main>{body}</main></body></html>
        """;
}
