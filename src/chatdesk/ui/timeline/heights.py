"""Heights of the rows of a long list: measured where known, estimated elsewhere, summed in logarithmic time.

Rows are kept in blocks; two Fenwick trees over the blocks (rows, pixels) answer "where does row r begin" and
"which row is at pixel y". Inserting or removing rows shifts whole blocks; every other row keeps its height.
"""

from __future__ import annotations

from collections.abc import Iterator

BLOCK_ROWS = 256


class _Block:
    """A run of rows. `known`: measured heights in px by offset inside the block; the others are estimates."""

    __slots__ = ("count", "known", "known_px")

    def __init__(self, count: int, known: dict[int, int] | None = None) -> None:
        self.count = count
        self.known: dict[int, int] = known if known is not None else {}
        self.known_px = sum(self.known.values())

    def px(self, estimate_px: int) -> int:
        return self.known_px + (self.count - len(self.known)) * estimate_px

    def insert(self, offset: int, count: int) -> None:
        self.known = {(o + count if o >= offset else o): h for o, h in self.known.items()}
        self.count += count

    def remove(self, offset: int, count: int) -> None:
        end = offset + count
        self.known = {
            (o - count if o >= end else o): h for o, h in self.known.items() if not offset <= o < end
        }
        self.known_px = sum(self.known.values())
        self.count -= count

    def split(self, offset: int) -> _Block:
        """Keep the rows before `offset`; the rest is returned as a block of its own."""
        rest = _Block(self.count - offset, {o - offset: h for o, h in self.known.items() if o >= offset})
        self.known = {o: h for o, h in self.known.items() if o < offset}
        self.known_px -= rest.known_px
        self.count = offset
        return rest


class HeightIndex:
    """Row heights in whole px. Rows count from 0; every method raises IndexError outside the rows."""

    def __init__(self, estimate_px: int, rows: int = 0) -> None:
        if estimate_px < 1:
            raise ValueError("an estimate is at least 1 px")
        self.estimate_px = estimate_px
        self._blocks: list[_Block] = []
        self._rows = 0
        self._row_tree: list[int] = [0]
        self._px_tree: list[int] = [0]
        if rows:
            self.insert(0, rows)

    def __len__(self) -> int:
        return self._rows

    # ------------------------------------------------------------------------------------------- changing

    def insert(self, row: int, count: int) -> None:
        """`count` rows of unknown height before `row` (which may be the end)."""
        if not 0 <= row <= self._rows or count < 0:
            raise IndexError(f"insert {count} at {row} of {self._rows}")
        if not count:
            return
        number, offset = self._locate_gap(row)
        self._rows += count
        if number < len(self._blocks) and self._blocks[number].count + count <= BLOCK_ROWS:
            self._blocks[number].insert(offset, count)
            self._add(number, count, count * self.estimate_px)
            return
        fresh = [_Block(min(BLOCK_ROWS, count - start)) for start in range(0, count, BLOCK_ROWS)]
        if number == len(self._blocks):
            self._blocks.extend(fresh)
        elif offset == 0:
            self._blocks[number:number] = fresh
        elif offset == self._blocks[number].count:
            self._blocks[number + 1 : number + 1] = fresh
        else:
            rest = self._blocks[number].split(offset)
            self._blocks[number + 1 : number + 1] = [*fresh, rest]
        self._rebuild()

    def remove(self, row: int, count: int) -> None:
        """Take `count` rows out, beginning with `row`."""
        if row < 0 or count < 0 or row + count > self._rows:
            raise IndexError(f"remove {count} at {row} of {self._rows}")
        if not count:
            return
        number, offset = self._locate(row)
        left = count
        while left:
            block = self._blocks[number]
            part = min(left, block.count - offset)
            block.remove(offset, part)
            left -= part
            number, offset = number + 1, 0
        self._rows -= count
        self._blocks = [block for block in self._blocks if block.count]
        self._rebuild()

    def move(self, row: int, target: int) -> None:
        """Take one row out and put it before what was row `target`; it keeps its height."""
        height = self.known(row)
        to = target - 1 if target > row else target
        self.remove(row, 1)
        self.insert(to, 1)
        if height is not None:
            self.set(to, height)

    def set(self, row: int, height_px: int) -> None:
        """Row `row` has been measured."""
        number, offset = self._locate(row)
        block = self._blocks[number]
        old = block.known.get(offset)
        if old == height_px:
            return
        block.known[offset] = height_px
        block.known_px += height_px - (old or 0)
        self._add(number, 0, height_px - (self.estimate_px if old is None else old))

    def forget(self, row: int) -> None:
        """Row `row` counts as never measured."""
        number, offset = self._locate(row)
        block = self._blocks[number]
        old = block.known.pop(offset, None)
        if old is not None:
            block.known_px -= old
            self._add(number, 0, self.estimate_px - old)

    def forget_all(self, estimate_px: int | None = None) -> None:
        """No row is measured any more (another width, another font); optionally with a new estimate."""
        if estimate_px is not None:
            self.estimate_px = max(1, estimate_px)
        for block in self._blocks:
            block.known.clear()
            block.known_px = 0
        self._rebuild()

    # --------------------------------------------------------------------------------------------- asking

    def known(self, row: int) -> int | None:
        """The measured height, or None."""
        number, offset = self._locate(row)
        return self._blocks[number].known.get(offset)

    def height(self, row: int) -> int:
        """The measured height, or the estimate."""
        found = self.known(row)
        return self.estimate_px if found is None else found

    def total(self) -> int:
        """Height of all rows together."""
        return self.top(self._rows)

    def top(self, row: int) -> int:
        """Where row `row` begins; for `len(self)`, where the last one ends."""
        if row == self._rows:
            return self._px_before(len(self._blocks))
        number, offset = self._locate(row)
        block = self._blocks[number]
        known = [h for o, h in block.known.items() if o < offset]
        return self._px_before(number) + sum(known) + (offset - len(known)) * self.estimate_px

    def find(self, y_px: int) -> tuple[int, int]:
        """The row at pixel `y_px` and the distance of `y_px` from its top.

        Above the first row: (0, 0). Below the last: its last pixel. Raises IndexError without rows.
        """
        if not self._rows:
            raise IndexError("no rows")
        if y_px <= 0:
            return 0, 0
        if y_px >= self.total():
            return self._rows - 1, max(0, self.height(self._rows - 1) - 1)
        number, rows_before, px_before = self._descend(y_px)
        block = self._blocks[number]
        rest = y_px - px_before
        for offset in range(block.count):
            height = block.known.get(offset, self.estimate_px)
            if rest < height:
                return rows_before + offset, rest
            rest -= height
        raise AssertionError("the sums do not agree with the rows")

    def measured_rows(self) -> Iterator[int]:
        """Rows with a measured height, in order."""
        start = 0
        for block in self._blocks:
            yield from (start + offset for offset in sorted(block.known))
            start += block.count

    # -------------------------------------------------------------------------------------------- the trees

    def _rebuild(self) -> None:
        size = len(self._blocks)
        rows = [0, *(block.count for block in self._blocks)]
        pixels = [0, *(block.px(self.estimate_px) for block in self._blocks)]
        for i in range(1, size + 1):
            up = i + (i & -i)
            if up <= size:
                rows[up] += rows[i]
                pixels[up] += pixels[i]
        self._row_tree, self._px_tree = rows, pixels

    def _add(self, number: int, rows: int, px: int) -> None:
        i = number + 1
        while i <= len(self._blocks):
            self._row_tree[i] += rows
            self._px_tree[i] += px
            i += i & -i

    def _px_before(self, number: int) -> int:
        total, i = 0, number
        while i > 0:
            total += self._px_tree[i]
            i -= i & -i
        return total

    def _locate(self, row: int) -> tuple[int, int]:
        """(block, offset in it) of an existing row."""
        if not 0 <= row < self._rows:
            raise IndexError(f"row {row} of {self._rows}")
        place, rest = 0, row
        step = 1 << len(self._blocks).bit_length()
        while step:
            nxt = place + step
            if nxt <= len(self._blocks) and self._row_tree[nxt] <= rest:
                place, rest = nxt, rest - self._row_tree[nxt]
            step >>= 1
        return place, rest

    def _locate_gap(self, row: int) -> tuple[int, int]:
        """(block, offset) before which a row is inserted; the end belongs to the last block."""
        if row < self._rows:
            return self._locate(row)
        last = len(self._blocks) - 1
        return (last, self._blocks[last].count) if last >= 0 else (0, 0)

    def _descend(self, y_px: int) -> tuple[int, int, int]:
        """(block at pixel y, rows before it, px before it), for 0 < y < total."""
        place, rows, px = 0, 0, 0
        step = 1 << len(self._blocks).bit_length()
        while step:
            nxt = place + step
            if nxt <= len(self._blocks) and px + self._px_tree[nxt] <= y_px:
                place, rows, px = nxt, rows + self._row_tree[nxt], px + self._px_tree[nxt]
            step >>= 1
        return place, rows, px
