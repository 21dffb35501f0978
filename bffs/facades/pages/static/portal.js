// Puts the address of this gateway into examples, and shows the limits of a credential.
const PLACEHOLDER = "https://api.example";
const { path, usage } = document.getElementById("portal").dataset;

// The page is below the path of the API; a proxy or a host may have another prefix.
const api = new URL(".", location.href).href.replace(/\/$/, "");
for (const each of document.querySelectorAll("pre.example"))
  each.textContent = each.textContent.replaceAll(PLACEHOLDER + path, api);

async function showLimits() {
  const stored = sessionStorage.getItem("weir-credential");
  if (!stored) return;
  const { name, value } = JSON.parse(stored);
  const response = await fetch(usage, { headers: { [name]: value } });
  if (!response.ok) return;
  const table = document.getElementById("limits");
  for (const limit of (await response.json()).limits) {
    const row = table.tBodies[0].insertRow();
    const per = `${limit.count} ${limit.unit}s per ${limit.window_s} s`;
    for (const text of [limit.name, per, `${limit.remaining} of ${limit.burst}`])
      row.insertCell().textContent = text;
  }
  table.hidden = false;
}

if (usage) await showLimits();
