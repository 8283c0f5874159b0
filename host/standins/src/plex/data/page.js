const wish = new URLSearchParams(location.hash.replace(/^#[!\/]*\?/, ""));
for (const name of ["clientID", "code", "forwardUrl"]) {
  document.querySelector("input[name=" + name + "]").value = wish.get(name) || "";
}
const product = wish.get("context[device][product]");
if (product) document.getElementById("who").textContent = product + " wants to know who you are.";
