// The credential that the sign-in page has stored for this tab.
export function credentialHeaders() {
  const stored = sessionStorage.getItem("weir-credential");
  if (!stored) return {};
  const { name, value } = JSON.parse(stored);
  return { [name]: value };
}
