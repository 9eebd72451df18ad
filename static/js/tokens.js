/* The form of a token: after a step (an entry more, a preset) the focus goes on to what is new. Works without this. */
(function () {
  "use strict";
  function goOn() {
    const form = document.getElementById("token-form");
    const field = form && form.dataset.focusOn && document.getElementById(form.dataset.focusOn);
    if (!field) return;
    delete form.dataset.focusOn;
    field.focus();
  }
  document.addEventListener("htmx:afterSettle", goOn);
  goOn();
})();
