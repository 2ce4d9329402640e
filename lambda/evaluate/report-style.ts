/** The look of a report, in light and dark, on a desk and on a phone. */
export const STYLE = `:root{color-scheme:light dark;--ink:#1b1f24;--quiet:#57606a;--ground:#fff;--line:#d8dee4;--track:#e6eaef;--good:#116329;--bad:#a40e26;--goodbar:#2f6f4f;--badbar:#c2344b;--freebar:#6b7c93;--goodground:#eefaf1;--badground:#fff0f1}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--quiet:#9aa4ae;--ground:#0d1117;--line:#30363d;--track:#21262d;--good:#56d364;--bad:#ff8b82;--goodbar:#3fa764;--badbar:#e5534b;--freebar:#7d8fa6;--goodground:#0f2417;--badground:#2d1216}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);max-width:64rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.3rem;margin:0}h2{font-size:1.2rem;margin:2.2rem 0 .4rem}a{color:inherit}
.good{color:var(--good)}.bad{color:var(--bad)}small,.quiet{color:var(--quiet)}
.verdict{border:1px solid var(--line);border-left:.5rem solid var(--good);background:var(--goodground);border-radius:6px;padding:.8rem 1rem;margin:1rem 0}
.verdict.failed{border-left-color:var(--bad);background:var(--badground)}.verdict h2{margin:0;font-size:1.4rem}.verdict ul{margin:.4rem 0;padding-left:1.2rem}.verdict p{margin:.4rem 0 0}
ul.look{list-style:none;padding:0;margin:1rem 0;display:flex;flex-wrap:wrap;gap:.5rem}ul.look a{display:block;border:1px solid var(--line);border-radius:1rem;padding:.1rem .8rem;text-decoration:none}ul.look a:hover{text-decoration:underline}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}thead th{color:var(--quiet);font-weight:400;font-size:.9rem}
td.number,th.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}td.question{width:42%}
.measures th,.measures td{vertical-align:middle}.measures tbody th{font-weight:400;width:18rem}.measures .now{font-weight:600}.measures td.bars{width:40%;min-width:8rem}
.bar{position:relative;height:1rem;background:var(--track)}.bar span{position:absolute;top:0;height:100%}.bar .value{left:0;background:var(--freebar)}.bar.met .value{background:var(--goodbar)}.bar.missed .value{background:var(--badbar)}
.bar .least{width:2px;margin-left:-1px;top:-4px;height:calc(100% + 8px);background:var(--ink)}.bar .last{width:10px;height:10px;top:3px;margin-left:-5px;border-radius:50%;background:var(--ground);border:2px solid var(--ink)}
svg{display:block;overflow:visible}svg polyline{fill:none;stroke:var(--quiet);stroke-width:1.5}svg circle{fill:var(--ink)}svg .limit{stroke:var(--bad);stroke-dasharray:3 3}
@media(max-width:44rem){body{margin:1rem auto}thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}
.rows,.rows tbody,.rows tr,.rows td{display:block}.rows td{border:0;padding:.1rem 0}.rows td.question{width:auto;font-weight:600}.rows small{font-weight:400}.rows tr{border-bottom:1px solid var(--line);padding:.6rem 0}.rows td[data-name]::before{content:attr(data-name) ": ";color:var(--quiet)}.rows td.number{text-align:left}
.measures,.measures tbody{display:block}.measures tr{display:grid;grid-template-columns:1fr auto auto;gap:.1rem .6rem;align-items:center;border-bottom:1px solid var(--line);padding:.5rem 0}.measures th,.measures td{border:0;padding:0}.measures tbody th,.measures td.bars{width:auto}
.measures td.bars{grid-column:1;grid-row:2}.measures .now{grid-column:2;grid-row:1}.measures .since{grid-column:3;grid-row:1}.measures .runs{grid-column:2/4;grid-row:2;justify-self:end}.measures .least:not(:empty)::before{content:"at least ";color:var(--quiet)}.measures td.least{grid-column:1/4;grid-row:3;text-align:left;font-size:.9rem}.measures td.least:empty{display:none}}
@media print{.verdict,.bar span{print-color-adjust:exact}}`;
