// Sorts a table by the column whose head is pressed: numbers as numbers, empty cells last.
for (const button of document.querySelectorAll('th button')) {
  button.addEventListener('click', () => {
    const head = button.parentElement, table = head.closest('table'), body = table.tBodies[0];
    const column = [...head.parentElement.children].indexOf(head);
    const down = head.getAttribute('aria-sort') === 'ascending';
    for (const other of head.parentElement.children) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const key = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const rows = [...body.rows].sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === '' || y === '') return (x === '') - (y === '');
      const order = isNaN(x) || isNaN(y) ? x.localeCompare(y, 'en', { numeric: true }) : x - y;
      return down ? -order : order;
    });
    body.append(...rows);
  });
}
// A picture that is pressed opens alone, as wide as it was made or as the screen: on a phone it can be moved and read.
const dialog = document.createElement('dialog'), close = document.createElement('button');
close.type = 'button';
close.textContent = 'Close';
close.autofocus = true;
document.body.append(dialog);
dialog.addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => dialog.replaceChildren());
for (const image of document.querySelectorAll('figure img')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.title = 'Larger';
  image.before(button);
  button.append(image);
  button.addEventListener('click', () => {
    const large = new Image();
    large.src = image.src;
    large.className = image.className;
    large.alt = image.alt;
    large.style.width = `max(100%, ${image.getAttribute('width')}px)`;
    dialog.replaceChildren(large, close);
    dialog.showModal();
    dialog.scrollTo(0, 0);
  });
}
// Paper has everything that can be opened.
addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(item => { item.open = true; }));
