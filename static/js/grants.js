/* The form of a grant shows only the fields that belong to the chosen scope. Without this file all show, with a hint. */
(function () {
  "use strict";
  const form = document.querySelector("[data-grant-form]");
  if (!form) return;
  const commanded = form.dataset.commanded.split(" ");
  const chosen = (name) => { const box = form.querySelector('input[name="' + name + '"]:checked'); return box ? box.value : ""; };

  function show(node, on) { if (node) node.hidden = !on; }

  function arrange() {
    const scope = chosen("covers");
    if (scope) form.querySelectorAll("[data-for]").forEach((part) => show(part, part.dataset.for.split(" ").includes(scope)));
    show(form.querySelector("[data-end-date]"), chosen("ends") === "date");
    const kind = form.querySelector("select[name=kind]");
    const command = form.querySelector('input[name=levels][value=command]');
    const fits = scope !== "kind" || !kind || !kind.value || commanded.includes(kind.value);
    if (command) {
      show(command.closest(".form-check"), fits);
      if (!fits) command.checked = false;
    }
  }

  form.addEventListener("change", arrange);
  arrange();
})();
