"""What the script of a corpus makes of records; run by corpus.test.ts."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lib" / "diy-rag" / "bulk"))

from corpus import Columns, document_of, file_name, metadata_of, value_of, write_documents  # noqa: E402

COLUMNS = Columns("id", "text", "title")
FIELDS = [{"name": "year", "type": "number"}, {"name": "owner", "type": "string"}]


class CorpusTest(unittest.TestCase):
    """Records and what becomes of them."""

    def test_a_record_with_a_title_is_a_document_under_a_heading(self) -> None:
        document = document_of({"id": "a-1", "title": " Leave \n and pay ", "text": "Thirty days.", "year": 2026, "other": 1}, COLUMNS, FIELDS, "corpus/")
        assert document is not None and document.metadata is not None
        self.assertRegex(document.key, r"^corpus/[0-9a-f]{2}/a-1\.md$")
        self.assertEqual(document.body, "# Leave and pay\n\nThirty days.\n")
        self.assertEqual(json.loads(document.metadata), {"metadataAttributes": {"year": 2026}})

    def test_a_record_of_text_alone_is_plain_text_that_nothing_describes(self) -> None:
        document = document_of({"text": "# no heading"}, COLUMNS, FIELDS, "")
        assert document is not None
        self.assertRegex(document.key, r"^[0-9a-f]{2}/[0-9a-f]{32}\.txt$")
        self.assertIsNone(document.metadata)

    def test_a_record_without_text_is_no_document(self) -> None:
        for text in (None, "", " \n"):
            self.assertIsNone(document_of({"id": "a", "text": text}, COLUMNS, FIELDS, ""))

    def test_a_record_comes_under_the_same_key_whenever_it_comes(self) -> None:
        first, second = (document_of({"id": 7, "text": text}, COLUMNS, [], "c/") for text in ("old", "new"))
        assert first is not None and second is not None
        self.assertEqual(first.key, second.key)

    def test_an_id_that_no_key_can_be_is_named_by_a_hash_of_its_own(self) -> None:
        names = [file_name(each, "text") for each in ("a/b", "../a", "ä", "x" * 300, "a.metadata.json", " ")]
        self.assertEqual(len(set(names)), len(names))
        for name in names:
            self.assertRegex(name, r"^[0-9a-f]{32}$")
        self.assertEqual(file_name("2026-11.v1_a", "text"), "2026-11.v1_a")

    def test_values_have_the_type_of_their_field_or_are_left_out(self) -> None:
        cases = [
            ("12", "number", 12), (1.5, "number", 1.5), ("much", "number", None), (True, "number", None), (float("nan"), "number", None),
            ("TRUE", "boolean", True), ("yes", "boolean", None), (5, "string", "5"), (("a", 1), "stringList", ["a", "1"]), ("a", "stringList", None), (None, "string", None),
        ]
        for value, kind, expected in cases:
            with self.subTest(value=value, kind=kind):
                self.assertEqual(value_of(value, kind), expected)
        self.assertIsNone(metadata_of({"year": "unknown"}, FIELDS))

    def test_what_describes_a_document_is_put_before_it(self) -> None:
        put: list[str] = []
        document = document_of({"id": "a", "text": "one", "owner": "me"}, COLUMNS, FIELDS, "")
        assert document is not None
        self.assertEqual(write_documents([document], lambda key, _body, _type: put.append(key)), 1)
        self.assertEqual(put, [document.key + ".metadata.json", document.key])

    def test_a_document_that_cannot_be_put_ends_the_partition(self) -> None:
        def refuse(_key: str, _body: str, _type: str) -> None:
            raise OSError("no")

        document = document_of({"id": "a", "text": "one"}, COLUMNS, [], "")
        assert document is not None
        with self.assertRaises(OSError):
            write_documents([document], refuse)


if __name__ == "__main__":
    unittest.main()
