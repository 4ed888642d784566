(function () {
  "use strict";
  var root = document.documentElement, table = document.getElementById("table");
  if (!table) { return; }
  root.classList.add("js");
  var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
  var sections = Array.prototype.slice.call(document.querySelectorAll(".conversation"));
  var collator = new Intl.Collator(root.lang, { numeric: true });

  // Sorting: a click, or Enter on the button. What has no value stays last in both directions.
  function value(row, column) {
    var cell = row.cells[column], v = cell.getAttribute("data-v");
    return v === null ? cell.textContent : v;
  }
  Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
    head.firstElementChild.addEventListener("click", function () {
      var sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      var numbers = head.getAttribute("data-sort") === "number";
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
      var order = rows.map(function (row, at) { return { row: row, at: at, v: value(row, column) }; });
      order.sort(function (a, b) {
        if (a.v === "" || b.v === "") { return (a.v === "") - (b.v === "") || a.at - b.at; }
        return sign * (numbers ? a.v - b.v : collator.compare(a.v, b.v)) || a.at - b.at;
      });
      order.forEach(function (item) { body.appendChild(item.row); });
    });
  });

  // Filters: they act on the table and on the conversations below it.
  var find = document.getElementById("find"), flag = document.getElementById("flag");
  var critical = document.getElementById("critical"), shown = document.getElementById("shown"), words = [];
  function text(at) {
    if (words[at] === undefined) { words[at] = (rows[at].textContent + " " + sections[at].textContent).toLowerCase(); }
    return words[at];
  }
  function filter() {
    var wanted = find.value.trim().toLowerCase(), count = 0;
    rows.forEach(function (row, at) {
      var ok = (!flag.value || row.getAttribute("data-flags").split(" ").indexOf(flag.value) >= 0) &&
        (!critical.checked || row.getAttribute("data-critical") === "1") && (!wanted || text(at).indexOf(wanted) >= 0);
      row.hidden = sections[at].hidden = !ok;
      count += ok ? 1 : 0;
    });
    shown.textContent = shown.getAttribute("data-text").replace("%s", count).replace("%a", rows.length);
  }
  [find, flag, critical].forEach(function (control) { control.addEventListener("input", filter); });
  document.getElementById("filters").addEventListener("submit", function (event) { event.preventDefault(); });

  // A link into a closed or filtered-out conversation opens it.
  function reveal() {
    var target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) { return; }
    for (var at = target; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") { at.open = true; }
      at.hidden = false;
    }
    target.scrollIntoView({ block: target.tagName === "DETAILS" ? "start" : "center" });
  }
  window.addEventListener("hashchange", reveal);
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) { reveal(); }
  });
  reveal();

  function all(open) { sections.forEach(function (section) { section.open = open; }); }
  document.getElementById("open-all").addEventListener("click", function () { all(true); });
  document.getElementById("close-all").addEventListener("click", function () { all(false); });

  // On paper everything is open.
  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = Array.prototype.filter.call(document.querySelectorAll("details"), function (d) { return !d.open; });
    closed.forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () { closed.forEach(function (d) { d.open = false; }); });
})();
