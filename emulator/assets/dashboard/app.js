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

  // The comparisons of a form that fit the kind of the chosen field. Without a script, all are offered.
  const fitComparisons = () => {
    for (const comparisons of document.querySelectorAll("select[data-kinds-of]")) {
      const field = document.getElementById(comparisons.dataset.kindsOf);
      const option = field && field.selectedOptions[0];
      if (!option) continue;
      for (const comparison of comparisons.options) {
        const fits = comparison.dataset.kinds.split(" ").includes(option.dataset.kind);
        comparison.hidden = comparison.disabled = !fits;
      }
      if (comparisons.selectedOptions[0] && comparisons.selectedOptions[0].disabled) {
        const first = [...comparisons.options].find((comparison) => !comparison.disabled);
        if (first) first.selected = true;
      }
    }
  };

  // Replaces the suggestions of a form by those for the chosen field, without waiting for them.
  const suggest = async (field) => {
    const form = field.form;
    const address = new URL(form.action);
    for (const [name, value] of new FormData(form)) {
      if (name !== "value" && name !== "comparison") address.searchParams.append(name, value);
    }
    try {
      const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
      const found = page.getElementById("suggestions");
      const shown = document.getElementById("suggestions");
      if (found && shown && field.value === new URLSearchParams(address.search).get("field")) {
        shown.replaceChildren(...found.children);
      }
    } catch { /* Suggestions are a convenience. */ }
  };

  // Adds a field that searches in a long list.
  const addSearches = () => {
    for (const list of document.querySelectorAll("select[data-search]")) {
      if (document.getElementById(list.id + "-search")) continue;
      const search = document.createElement("input");
      search.type = "search";
      search.id = list.id + "-search";
      search.setAttribute("aria-label", list.dataset.search);
      search.placeholder = list.dataset.search;
      search.addEventListener("input", () => {
        const words = search.value.toLowerCase();
        let first;
        for (const option of list.options) {
          option.hidden = !option.text.toLowerCase().includes(words);
          if (!option.hidden) first = first || option;
        }
        if (first && list.selectedOptions[0].hidden) {
          first.selected = true;
          list.dispatchEvent(new Event("change", { bubbles: true }));
        }
      });
      list.before(search);
    }
  };

  document.addEventListener("change", (event) => {
    if (!event.target.matches("select[data-search]")) return;
    fitComparisons();
    suggest(event.target);
  });

  // Additions to a page, also after its content was replaced.
  const improve = () => {
    addCopyButtons();
    addSearches();
    fitComparisons();
  };

  // The control that had the focus before the content was replaced.
  let focused = "";
  let path = location.pathname;

  document.addEventListener("htmx:before:swap", () => {
    focused = document.activeElement ? document.activeElement.id : "";
  });

  document.addEventListener("htmx:after:swap", () => {
    improve();
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

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", improve);
  else improve();
})();
