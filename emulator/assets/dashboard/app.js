// Progressive enhancement: every page works without scripts.
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

  // Hides the comparisons that the chosen field does not have. Without a script, all are offered.
  const filterComparisons = () => {
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
        const words = search.value.trim().toLowerCase();
        // The better a name fits, the smaller its rank: the whole name, its beginning, or any part of it.
        const rank = (option) => {
          const name = option.text.toLowerCase();
          return name === words ? 0 : name.startsWith(words) ? 1 : 2;
        };
        let best = null;
        for (const option of list.options) {
          option.hidden = !option.text.toLowerCase().includes(words);
          if (!option.hidden && (!best || rank(option) < rank(best))) best = option;
        }
        const selected = list.selectedOptions[0];
        if (best && words && (selected.hidden || rank(best) < rank(selected))) {
          best.selected = true;
          list.dispatchEvent(new Event("change", { bubbles: true }));
        }
      });
      list.before(search);
    }
  };

  document.addEventListener("change", (event) => {
    if (!event.target.matches("select[data-search]")) return;
    filterComparisons();
    suggest(event.target);
  });

  // Follows the events of the page, if it shows a bus: new events are put on top of the table.
  const MOST_ROWS = 500;
  const ANNOUNCED_EVERY = 5000;
  let followed = null;

  const setStatus = (text) => {
    const status = document.getElementById("status");
    if (!status) return;
    const message = document.createElement("p");
    message.className = "note";
    message.textContent = text;
    status.replaceChildren(message);
  };

  const button = (name, parent, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = name;
    made.addEventListener("click", act);
    parent.append(made);
    return made;
  };

  const follow = (place) => {
    const rows = document.getElementById("event-rows");
    let source = null, last = "", fresh = 0, timer = 0;

    // New events are announced together; otherwise, a screen reader would read each of them aloud.
    const announce = () => {
      timer = 0;
      if (!fresh) return;
      setStatus(fresh + (fresh === 1 ? " new event" : " new events"));
      fresh = 0;
      timer = setTimeout(announce, ANNOUNCED_EVERY);
    };

    const add = (html) => {
      // The text is parsed without running scripts; the server has escaped everything in it.
      const table = new DOMParser().parseFromString("<table><tbody>" + html + "</tbody></table>", "text/html");
      const row = table.querySelector("tr");
      if (!row) return;
      rows.prepend(document.adoptNode(row));
      if (window.htmx) window.htmx.process(row);
      while (rows.rows.length > MOST_ROWS) rows.lastElementChild.remove();
      const counts = document.getElementById("selected-counts");
      if (counts) counts.textContent = rows.querySelectorAll(".selected").length + " of " + rows.rows.length + " selected";
      const empty = document.getElementById("no-events");
      if (empty) empty.remove();
      fresh += 1;
      if (!timer) announce();
    };

    const close = () => {
      if (source) source.close();
      source = null;
    };

    const show = (isOpen, focus) => {
      pause.disabled = !isOpen;
      resume.disabled = isOpen;
      if (focus) (isOpen ? pause : resume).focus();
    };

    const open = () => {
      const address = new URL(place.dataset.stream, location.href);
      if (last) address.searchParams.set("after", last);
      source = new EventSource(address);
      source.addEventListener("event", (message) => {
        last = message.lastEventId;
        add(message.data);
      });
      source.addEventListener("dropped", (message) => {
        last = message.lastEventId;
        setStatus("Dropped: " + JSON.parse(message.data).Dropped + " events arrived faster than this page could show them.");
      });
      source.addEventListener("error", () => {
        if (!source || source.readyState !== EventSource.CLOSED) return;
        close();
        show(false, false);
        setStatus("The emulator does not send new events to this page. Reload it to see them.");
      });
    };

    // A page in the background does not use one of the few connections of a browser.
    const onVisibility = () => {
      if (resume.disabled && document.hidden) close();
      else if (resume.disabled && !source) open();
    };

    place.replaceChildren();
    const pause = button("Pause", place, () => { close(); show(false, true); });
    const resume = button("Follow", place, () => { open(); show(true, true); });
    document.addEventListener("visibilitychange", onVisibility);
    open();
    show(true, false);
    return {
      place,
      close: () => {
        close();
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", onVisibility);
      },
    };
  };

  const followEvents = () => {
    if (followed && !followed.place.isConnected) {
      followed.close();
      followed = null;
    }
    const place = document.querySelector("[data-stream]");
    if (place && !followed) followed = follow(place);
  };

  // Announces what a swap has changed: the message of an action, or what the page shows now. A live region is only read out if
  // its content changes after it exists.
  const announceSwap = () => {
    const status = document.getElementById("status");
    const heading = document.getElementById("heading");
    if (!status || !heading) return;
    let message = status.firstElementChild;
    if (message) {
      // It keeps its place, so that nothing below it moves away from a pointer.
      message.style.visibility = "hidden";
    } else if (!document.querySelector("#main [role=alert]")) {
      const shown = document.querySelector("#main .shown, #main .result, #main nav [aria-current]");
      message = document.createElement("p");
      message.className = "visually-hidden";
      message.textContent = shown ? heading.textContent + ": " + shown.textContent : heading.textContent;
    }
    if (!message) return;
    setTimeout(() => {
      message.style.visibility = "";
      status.append(message);
    }, 100);
  };

  // Messages are shown once, so the address of a page does not need their number any longer.
  const removeMessageNumber = () => {
    const address = location.href.replace(/([?&])message=[0-9a-f]+&?/, "$1").replace(/[?&](?=#|$)/, "");
    if (address !== location.href) history.replaceState(history.state, "", address);
  };

  // On a narrow screen, the links of a navigation are in a strip that scrolls. The current one begins in its middle.
  const showCurrentLinks = () => {
    for (const link of document.querySelectorAll("nav [aria-current]")) {
      const strip = link.closest("nav");
      const [place, outer] = [link.getBoundingClientRect(), strip.getBoundingClientRect()];
      strip.scrollLeft += place.left + place.width / 2 - outer.left - outer.width / 2;
    }
  };

  // Enhances a page, also after its content was replaced.
  const enhance = () => {
    showCurrentLinks();
    addCopyButtons();
    addSearches();
    filterComparisons();
    followEvents();
  };

  // Shows why there is no page to show: the request was refused before it reached the dashboard.
  const showRefusal = (text) => {
    let sentence = "";
    try {
      sentence = JSON.parse(text).Message;
    } catch {
      sentence = new DOMParser().parseFromString(text, "text/html").body.textContent.trim();
    }
    const alert = document.createElement("div");
    alert.id = "refusal";
    alert.className = "alert";
    alert.setAttribute("role", "alert");
    const paragraph = document.createElement("p");
    paragraph.textContent = sentence || "The emulator has refused the request without a reason.";
    alert.append(paragraph);
    const before = document.getElementById("refusal");
    if (before) before.remove();
    const status = document.getElementById("status");
    if (status) status.after(alert);
    scrollTo(0, 0);
  };

  // The control that had the focus before the content was replaced.
  let focused = "";
  let path = location.pathname;
  // The findings that were selected before the filters of a row were shown.
  let selected = [];

  document.addEventListener("htmx:before:swap", (event) => {
    focused = document.activeElement ? document.activeElement.id : "";
    const { text, sourceElement } = event.detail.ctx || {};
    if (typeof text === "string" && !text.includes('id="main"')) {
      event.preventDefault();
      showRefusal(text);
      return;
    }
    const isOfRow = sourceElement && sourceElement.matches && sourceElement.matches('a[href*="#narrow-"]');
    const boxes = isOfRow ? document.querySelectorAll("#main input[name=finding]:checked") : [];
    selected = [...boxes].map((box) => box.value);
  });

  document.addEventListener("htmx:after:swap", () => {
    enhance();
    for (const box of document.querySelectorAll("#main input[name=finding]")) {
      if (selected.includes(box.value)) box.checked = true;
    }
    const again = focused && document.getElementById(focused);
    // A link to an opened event or request leads to its section.
    const anchor = location.hash && document.getElementById(location.hash.slice(1));
    const target = again || anchor || document.getElementById("heading");
    // Without the control that was used, the reader begins at the heading of what is new.
    if ((location.pathname !== path || !again) && !anchor) scrollTo(0, 0);
    path = location.pathname;
    if (target && document.activeElement !== target) target.focus({ preventScroll: target !== anchor });
    removeMessageNumber();
    announceSwap();
  });

  const begin = () => {
    enhance();
    removeMessageNumber();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
