// Puts the address of this gateway into examples, and shows the status of the endpoints
// and the limits of a credential.
const PLACEHOLDER = "https://api.example";
const { path, usage } = document.getElementById("portal").dataset;

// The page is below the path of the API; a proxy or a host may have another prefix.
const api = new URL(".", location.href).href.replace(/\/$/, "");
for (const each of document.querySelectorAll("pre.example"))
  each.textContent = each.textContent.replaceAll(PLACEHOLDER + path, api);

const stored = JSON.parse(sessionStorage.getItem("weir-credential") ?? "null");
const headers = stored ? { [stored.name]: stored.value } : {};

async function showStatus() {
  const response = await fetch(`${api}/docs/status`, { headers });
  if (!response.ok) return;
  const { status, endpoints } = await response.json();
  const overall = document.getElementById("status");
  overall.querySelector("strong").textContent = status;
  overall.hidden = false;
  for (const each of endpoints) {
    if (each.status === "available") continue;
    const endpoint = `${each.method} ${each.path}`;
    for (const found of document.querySelectorAll("span.status"))
      if (found.dataset.endpoint === endpoint) found.textContent = `(${each.status})`;
  }
}

async function showLimits() {
  if (!stored) return;
  const response = await fetch(usage, { headers });
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

await showStatus();
if (usage) await showLimits();
