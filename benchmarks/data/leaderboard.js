// Sorts the rows of a table by the column whose head is pressed: numbers by value, what has none at the end.
for (const button of document.querySelectorAll("th button")) button.addEventListener("click", () => {
  const head = button.closest("th"), body = head.closest("table").tBodies[0], column = head.cellIndex;
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const value = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const numeric = head.classList.contains("right");
  const order = (a, b) => {
    const x = value(a), y = value(b);
    if ((x === "") !== (y === "")) return x === "" ? 1 : -1;
    return (numeric ? x - y : x.localeCompare(y)) * (up ? 1 : -1);
  };
  body.append(...[...body.rows].sort(order));
});
