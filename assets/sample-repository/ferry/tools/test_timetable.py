import unittest

from timetable import TimetableError, read_rows, to_utc


class TimetableTest(unittest.TestCase):
    def test_summer_time_is_one_hour_ahead(self):
        self.assertEqual(to_utc("2026-07-04 09:40", 2), to_utc("2026-01-04 09:40", 2) + (181 * 24 - 1) * 3_600_000)

    def test_the_missing_hour_is_refused(self):
        with self.assertRaises(TimetableError):
            to_utc("2026-03-29 01:30", 2)

    def test_a_wrong_name_says_its_line(self):
        with self.assertRaisesRegex(TimetableError, "line 2"):
            list(read_rows(["id,route,boat,departs", "0412,Hamna-Storay,Eider,2026-07-04 09:40"]))


if __name__ == "__main__":
    unittest.main()
