// Requests the page again with a credential, which is stored for this tab.
const KEY = "weir-credential";

async function openPage(credential) {
  const response = await fetch(location.href, {
    headers: { accept: "text/html", [credential.name]: credential.value },
  });
  if (!response.ok) {
    sessionStorage.removeItem(KEY);
    document.getElementById("reason").textContent =
      `The credential is not accepted (status ${response.status}).`;
    return;
  }
  sessionStorage.setItem(KEY, JSON.stringify(credential));
  const html = await response.text();
  document.open();
  document.write(html);
  document.close();
}

const form = document.getElementById("sign-in");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { kind, value } = form.elements;
  const isToken = kind.value === "Authorization";
  openPage({ name: kind.value, value: isToken ? `Bearer ${value.value}` : value.value });
});
form.querySelector("button").disabled = false;

const stored = sessionStorage.getItem(KEY);
if (stored) openPage(JSON.parse(stored));
