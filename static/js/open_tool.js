/* An access link: takes the key out of the address bar before anything else, then signs in by it and goes to the tool.
   The key is kept in this closure only: not in the page, not in storage, not in any address. */
(function () {
  "use strict";
  let key = "";

  function take() {
    const found = window.location.hash.slice(1);
    if (!found) return false;
    window.history.replaceState(null, "", window.location.pathname);
    key = decodeURIComponent(found).trim();
    return true;
  }
  take();

  const part = (name) => document.querySelector('[data-part="' + name + '"]');
  const show = (...names) => document.querySelectorAll("[data-part]").forEach((one) => { one.hidden = !names.includes(one.dataset.part); });

  function fail(sentence) {
    part("problem").querySelector("[data-text]").textContent = sentence;
    show("problem");
  }

  function open(box) {
    show("opening");
    const body = new URLSearchParams({ key: key });
    key = "";
    fetch(box.dataset.url, {
      method: "POST", body: body, credentials: "same-origin", cache: "no-store",
      headers: { Accept: "application/json", "X-CSRFToken": box.querySelector("[name=csrfmiddlewaretoken]").value },
    }).then((answer) => answer.json()).then((data) => (data.next ? window.location.replace(data.next) : fail(data.error)))
      .catch(() => fail(document.getElementById("toasts").dataset.failed));
  }

  /* Somebody who is signed in is asked first, and so is whoever opens a master token's link. */
  function begin() {
    const box = document.getElementById("open-tool");
    if (!key) { if (part("problem").hidden) show("none"); return; }
    const asks = [];
    if (box.dataset.ask) asks.push("ask");
    if (key.startsWith("ptm_")) asks.push("master");
    if (asks.length) show("go", ...asks); else open(box);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("[data-open]").addEventListener("click", () => open(document.getElementById("open-tool")));
    begin();
  });
  window.addEventListener("hashchange", () => { if (take()) begin(); });
})();
