// Starts a deck: sizes that fit, keys that stay where they are pressed, and slides out of sight out of reach.
(() => {
  "use strict";
  const TYPE = { largest: 1.2, smallest: 0.6, roomy: 0.78 }; // of the type's size; the part of a slide that large type may fill
  const STEP = 0.05;
  // What does not fit in the smallest size scrolls in a size that can be read from the back row, or is printed small.
  const WIDGET = { largest: 1.5, smallest: 0.7, scrolled: 0.85, printed: 0.4 };
  const OWN_KEYS = ".wa-host, .wa-fold, input, button, select, textarea, summary, [contenteditable]";
  const slides = [...document.querySelectorAll(".slides section.wa-slide")];

  const keepsKeys = (target) => Boolean(target.closest?.(OWN_KEYS)) && !target.closest(".controls");

  /** Whether something lies below a part of the slide's height, or beside the slide. */
  function overflows(slide, part = 1) {
    const { top, height } = slide.getBoundingClientRect();
    const margin = parseFloat(getComputedStyle(slide).paddingBottom) / slide.clientHeight;
    const end = top + height * Math.min(part, 1 - margin) + 1;
    const shown = slide.querySelectorAll(":scope > :not(.notes), .wa-body > *, .wa-answer");
    if ([...shown].some((box) => box.getBoundingClientRect().bottom > end)) return true;
    return [...slide.querySelectorAll(".wa-formula, .wa-code pre, .wa-output pre, .wa-table > *")].some(
      (box) => box.scrollWidth > box.clientWidth + 1,
    );
  }

  /** Large type where a slide has little to say, the usual one elsewhere, a smaller one where it must be. */
  function fitType(slide) {
    let size = TYPE.largest;
    const set = () => slide.style.setProperty("--fit", size.toFixed(2));
    set();
    if (slide.matches(".wa-look-figure, .wa-look-widget") || overflows(slide, TYPE.roomy)) size = 1;
    for (set(); overflows(slide) && size > TYPE.smallest; set()) size -= STEP;
    slide.dataset.fit = size.toFixed(2);
  }

  /** Make an interactive figure as large as its slide allows. It is laid out anew: its pointers stay where they are. */
  function fitWidget(host, from = WIDGET.largest) {
    const room = host.parentElement;
    let size = from;
    const set = () => (host.style.zoom = size.toFixed(2));
    const smallest = printing() ? WIDGET.printed : WIDGET.smallest;
    for (set(); size > smallest && tooTall(host, room); set()) size -= STEP;
    const scrolls = tooTall(host, room);
    if (scrolls) {
      size = WIDGET.scrolled;
      set();
    }
    host.dataset.zoom = size.toFixed(2);
    room.classList.toggle("wa-scrolls", scrolls);
  }

  const tooTall = (host, room) => host.getBoundingClientRect().height > room.getBoundingClientRect().height + 1;

  function fit(slide) {
    if (!slide?.clientHeight) return;
    fitType(slide);
    slide.querySelectorAll(".wa-host").forEach((host) => fitWidget(host));
  }

  /** Only the slide that is seen takes the focus. */
  function guard(current) {
    for (const slide of slides) slide.inert = slide !== current;
  }

  const release = () => slides.forEach((slide) => (slide.inert = false));
  const printing = () => Boolean(document.querySelector("html.print-pdf, html.reveal-print"));

  function show(slide) {
    if (printing()) return;
    guard(slide);
    fit(slide);
  }

  // A figure that grows while it is used, or is loaded late, gets smaller; never under a pressed pointer.
  let pressed = false;
  addEventListener("pointerdown", () => (pressed = true), true);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (pressed = false), true);
  const sizes = new ResizeObserver((entries) => {
    for (const { target: host } of entries) {
      const room = host.parentElement;
      const known = pressed || room.classList.contains("wa-scrolls");
      const grown = host.dataset.zoom && host.clientHeight && !known && tooTall(host, room);
      if (grown) requestAnimationFrame(() => fitWidget(host, Number(host.dataset.zoom)));
    }
  });

  // The keys of a remote control turn pages, wherever the focus is; Escape leaves a figure.
  addEventListener("keydown", (event) => {
    if (!keepsKeys(event.target)) return;
    if (event.key === "PageDown" || event.key === "PageUp") {
      event.preventDefault();
      event.stopPropagation();
      document.activeElement.blur();
      if (event.key === "PageDown") Reveal.next();
      else Reveal.prev();
    } else if (event.key === "Escape") {
      setTimeout(() => event.defaultPrevented || document.activeElement.blur());
    }
  }, true);

  async function start() {
    for (const host of document.querySelectorAll(".wa-host, .wa-unfolded")) host.dataset.preventSwipe = "";
    await Reveal.initialize({
      width: 1280,
      height: 720,
      margin: 0,
      minScale: 0.1,
      maxScale: 4,
      center: false,
      display: "flex",
      hash: true,
      history: false,
      slideNumber: "c/t",
      transition: "none",
      backgroundTransition: "none",
      autoPlayMedia: false,
      scrollActivationWidth: null,
      pdfSeparateFragments: false,
      pdfMaxPagesPerSlide: 1,
      keyboardCondition: (event) => !keepsKeys(event.target),
      plugins: [RevealNotes],
    });
    // An aside is a landmark, and this one stands inside another.
    document.querySelector(".reveal .controls")?.setAttribute("role", "none");
    Reveal.on("slidechanged", ({ currentSlide, previousSlide }) => {
      if (previousSlide?.contains(document.activeElement)) document.activeElement.blur();
      show(currentSlide);
    });
    Reveal.on("overviewshown", release);
    Reveal.on("overviewhidden", () => show(Reveal.getCurrentSlide()));
    Reveal.on("pdf-ready", async () => {
      // Slides have been taken out of the page and put on sheets: figures that ended with that begin anew.
      const ended = [...document.querySelectorAll(".wa-host:not([data-widget])")];
      await Promise.all(ended.map((host) => window.whyattentionHost?.mount(host)));
      slides.forEach(fit);
    });
    document.querySelectorAll(".wa-host").forEach((host) => sizes.observe(host));
    await document.fonts.ready;
    if (printing()) slides.forEach(fit);
    else show(Reveal.getCurrentSlide());
    document.documentElement.dataset.deck = "ready";
  }

  start();
})();
