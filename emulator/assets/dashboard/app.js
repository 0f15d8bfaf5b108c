// Additions for browsers with scripts. Every page works without them.
(() => {
  "use strict";

  // Adds a button that copies the text to each command.
  const addCopyButtons = () => {
    for (const text of document.querySelectorAll(".calls pre")) {
      if (text.parentElement.querySelector(".copy")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      const term = text.parentElement.previousElementSibling;
      if (term) button.setAttribute("aria-label", "Copy " + term.textContent);
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(text.textContent);
          button.textContent = "Copied";
        } catch {
          getSelection().selectAllChildren(text);
          button.textContent = "Selected";
        }
        setTimeout(() => { button.textContent = "Copy"; }, 2000);
      });
      text.parentElement.append(button);
    }
  };

  // The control that had the focus before the content was replaced.
  let focused = "";
  let path = location.pathname;

  document.addEventListener("htmx:before:swap", () => {
    focused = document.activeElement ? document.activeElement.id : "";
  });

  document.addEventListener("htmx:after:swap", () => {
    addCopyButtons();
    const again = focused && document.getElementById(focused);
    const target = again || document.getElementById("heading");
    if (location.pathname !== path) {
      path = location.pathname;
      scrollTo(0, 0);
    }
    if (target && document.activeElement !== target) target.focus({ preventScroll: true });
    // A live region is only read out if its content changes after it exists.
    const status = document.getElementById("status");
    const message = status && status.firstElementChild;
    if (message) {
      message.remove();
      setTimeout(() => status.append(message), 100);
    }
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", addCopyButtons);
  else addCopyButtons();
})();
